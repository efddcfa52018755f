import { expect, test } from 'vitest'
import { virtualClock } from '../runtime/clock.ts'
import { every } from './every.ts'

test('does it again after each end, also after one that failed, until it is stopped', async () => {
  const clock = virtualClock()
  const done: number[] = []
  const failures: unknown[] = []
  let release: () => void = () => undefined
  const work = async (): Promise<void> => {
    done.push(clock.now() - start)
    if (done.length === 1) throw new Error('once')
    if (done.length === 2) await new Promise<void>((resolve) => (release = resolve))
  }
  const start = clock.now()
  const stop = every(clock, 100, work, (error) => failures.push(String(error)))
  await clock.advance(350)
  expect([done, failures]).toEqual([[100, 200], ['Error: once']])
  release()
  await clock.advance(100)
  expect(done).toEqual([100, 200, 450])
  stop()
  await clock.advance(1000)
  expect(done).toHaveLength(3)
})
