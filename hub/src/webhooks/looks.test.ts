import { expect, test } from 'vitest'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { createLooks } from './looks.ts'
import type { Push } from './push.ts'

const pushOf = (ref: string, files?: readonly string[]): Push => ({ urls: ['u'], ref, defaultBranch: 'main', files })

test('F-3B: of ten thousand pushes in a minute the first is followed at once, the others once a second, the last one too', async () => {
  const clock = virtualClock()
  const start = clock.now()
  const looks: number[] = []
  let last = 0
  const told = createLooks(clock, async () => void looks.push(clock.now() - start))
  for (let second = 0; second < 60; second++) {
    for (let count = 0; count < 167; count++) told('repo', pushOf('refs/heads/main', [`file-${count}`]))
    last = clock.now() - start
    await clock.advance(1_000)
  }
  expect(looks[0]).toBe(0)
  expect(looks.length).toBeLessThanOrEqual(61)
  expect(looks.at(-1)).toBeGreaterThanOrEqual(last)
})

test('F-3B: pushes that wait are one of all that they changed', async () => {
  const clock = virtualClock()
  const looks: unknown[] = []
  const told = createLooks(
    clock,
    async (url, pushes) => void looks.push([url, pushes.map(({ ref, files }) => [ref, files])]),
  )
  told('repo', pushOf('a', ['1']))
  told('repo', pushOf('a', ['2']))
  told('repo', pushOf('a', ['3', '2']))
  told('repo', pushOf('b', ['4']))
  told('repo', pushOf('b'))
  told('other', pushOf('a', ['1']))
  await clock.advance(1_000)
  expect(looks).toEqual([
    ['repo', [['a', ['1']]]],
    ['other', [['a', ['1']]]],
    [
      'repo',
      [
        ['a', ['2', '3']],
        ['b', undefined],
      ],
    ],
  ])
})

test('a look that fails keeps no other from coming, nor one that takes long from being waited for', async () => {
  const clock = virtualClock()
  let running = 0
  let most = 0
  const told = createLooks(clock, async () => {
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => clock.after(5_000, resolve))
    running--
    throw new Error('away')
  })
  told('repo', pushOf('a'))
  await clock.advance(2_000)
  told('repo', pushOf('a'))
  await clock.advance(2_000)
  expect([running, most]).toEqual([1, 1])
  await clock.advance(2_000)
  expect([running, most]).toEqual([1, 1])
  await clock.advance(10_000)
  expect(running).toBe(0)
})
