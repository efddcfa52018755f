import { virtualClock } from '@flotilla/shared/runtime/clock'
import { expect, test } from 'vitest'
import { WorkQueue } from './work-queue.ts'

test('without a reaction time, work begins at once', async () => {
  const clock = virtualClock()
  const done: string[] = []
  const queue = new WorkQueue(clock, (key) => Promise.resolve(void done.push(key)))
  queue.add('a')
  await clock.settle()
  expect(done).toEqual(['a'])
  expect(queue.idle).toBe(true)
})

test('a reaction time delays each key by itself, and takes what comes meanwhile as one', async () => {
  const clock = virtualClock()
  const start = clock.now()
  const done: string[] = []
  const work = (key: string): Promise<undefined> => Promise.resolve(void done.push(`${key} ${clock.now() - start}`))
  const queue = new WorkQueue(clock, work, 20)
  const keys = Array.from({ length: 500 }, (_, index) => `k${index}`)
  for (const key of keys) queue.add(key)
  await clock.advance(10)
  for (const key of keys) queue.add(key)
  expect(done).toEqual([])
  expect(queue.idle).toBe(false)
  await clock.advance(10)
  expect(done).toEqual(keys.map((key) => `${key} 20`))
  await clock.advance(1000)
  expect(done).toHaveLength(500)
  expect(queue.idle).toBe(true)
})

test('what is asked for during the work is noticed after a reaction time; what was put off is not delayed further', async () => {
  const clock = virtualClock()
  const start = clock.now()
  const done: number[] = []
  const queue: WorkQueue = new WorkQueue(
    clock,
    (key) => {
      done.push(clock.now() - start)
      if (done.length === 1) queue.add(key)
      return Promise.resolve(done.length === 2 ? 5 : undefined)
    },
    20,
  )
  queue.add('a')
  await clock.advance(1000)
  expect(done).toEqual([20, 40, 45])
})

test('closed, it reacts to nothing more', async () => {
  const clock = virtualClock()
  const done: string[] = []
  const queue = new WorkQueue(clock, (key) => Promise.resolve(void done.push(key)), 20)
  queue.add('a')
  queue.close()
  await clock.advance(1000)
  expect(done).toEqual([])
})
