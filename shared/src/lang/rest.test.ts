import { expect, test } from 'vitest'
import { virtualClock } from '../runtime/clock.ts'
import { listenTo, restUntil, sleep, whenAborted } from './rest.ts'

test('a sleep ends when its time is over', async () => {
  const clock = virtualClock()
  let over = false
  void sleep(clock, 100).then(() => (over = true))
  await clock.advance(99)
  expect(over).toBe(false)
  await clock.advance(1)
  expect(over).toBe(true)
})

test('a rest ends sooner where its signal is aborted, at once where it was', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  const rest = restUntil(clock, 1000, whenAborted(stop.signal))
  stop.abort()
  await rest
  await restUntil(clock, 1000, whenAborted(stop.signal))
})

test('a rest that is over listens no more', async () => {
  const clock = virtualClock()
  const listening = new Set<() => void>()
  const rest = restUntil(clock, 1000, (callback) => {
    listening.add(callback)
    return () => listening.delete(callback)
  })
  expect(listening.size).toBe(1)
  await clock.advance(1000)
  await rest
  expect(listening.size).toBe(0)
})

test('what was heard while nobody rested ends the next rest, unless it is forgotten', async () => {
  const clock = virtualClock()
  let tell = (): void => undefined
  const ear = listenTo((callback) => {
    tell = callback
    return () => undefined
  })
  tell()
  await restUntil(clock, 1000, ear.sooner)
  ear.forget()
  let over = false
  const rest = restUntil(clock, 1000, ear.sooner).then(() => (over = true))
  await clock.advance(999)
  expect(over).toBe(false)
  tell()
  await rest
})
