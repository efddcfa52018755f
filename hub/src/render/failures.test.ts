import { expect, test } from 'vitest'
import { createFailures } from './failures.ts'

const minute = 60_000
const world = () => {
  let time = 0
  const failures = createFailures(() => time)
  const attempt = (options: { recall?: boolean; noCache?: boolean } = {}, message = 'no such path'): string => {
    const known = failures.known('k', options)
    if (known) return known.told
    failures.failed('k', message)
    return `tried: ${message}`
  }
  return { failures, attempt, pass: (ms: number) => (time += ms) }
}

test('after three failures in a row the fourth is answered from memory, for an hour since the first', () => {
  const { attempt, pass } = world()
  expect([attempt(), attempt(), attempt(), attempt()]).toEqual([
    ...Array<string>(3).fill('tried: no such path'),
    'Manifest generation error (cached): no such path',
  ])
  pass(60 * minute)
  expect(attempt()).toBe('tried: no such path')
})

test('a failure that has a code of its own is remembered with it', () => {
  const { attempt } = world()
  for (let i = 0; i < 3; i++) attempt({}, 'Failed to unmarshal "a"')
  expect(attempt()).toBe(
    'Manifest generation error (cached): rpc error: code = FailedPrecondition desc = Failed to unmarshal "a"',
  )
})

test('who only wants to know is told what was told last, and does not count', () => {
  const { attempt, pass } = world()
  attempt()
  for (let i = 0; i < 5; i++) expect(attempt({ recall: true })).toBe('no such path')
  pass(5 * minute)
  expect(attempt({ recall: true })).toBe('tried: no such path')
  attempt()
  attempt()
  expect(attempt({ recall: true })).toBe('Manifest generation error (cached): no such path')
})

test('a hard refresh always tries; a success forgets', () => {
  const { attempt, failures } = world()
  for (let i = 0; i < 4; i++) attempt()
  expect(attempt({ noCache: true })).toBe('tried: no such path')
  failures.succeeded('k')
  expect(failures.empty).toBe(true)
  expect(attempt()).toBe('tried: no such path')
})
