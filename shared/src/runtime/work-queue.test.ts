import { expect, test } from 'vitest'
import { virtualClock } from './clock.ts'
import { createWorkQueue } from './work-queue.ts'

test('T-63: a hundred thousand words of one thing are work for twice, and of two things for neither to wait', async () => {
  const clock = virtualClock()
  const done: string[] = []
  let release: () => void = () => undefined
  const queue = createWorkQueue({
    clock,
    workers: 2,
    async work(key) {
      done.push(key)
      if (key === 'busy') await new Promise<void>((resolve) => (release = resolve))
    },
    failed: (_key, error) => done.push(String(error)),
  })
  for (let count = 0; count < 50_000; count++) queue.add('busy')
  await clock.settle()
  for (let count = 0; count < 50_000; count++) queue.add('busy')
  queue.add('other')
  await clock.settle()
  expect(done).toEqual(['busy', 'other'])
  release()
  await clock.settle()
  release()
  await clock.settle()
  expect(done).toEqual(['busy', 'other', 'busy'])
  await queue.stop()
})
