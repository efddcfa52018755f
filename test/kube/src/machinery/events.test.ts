import { virtualClock } from '@flotilla/shared/runtime/clock'
import { expect, test } from 'vitest'
import { FakeObjects } from '../testing/fake-objects.ts'
import { EventRecorder } from './events.ts'
import { resources } from './resources.ts'

const about = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'r', namespace: 'default', uid: 'u' } }

async function told(messages: readonly string[]): Promise<{ message: string; count: number }[]> {
  const clock = virtualClock()
  const objects = new FakeObjects(clock)
  const recorder = new EventRecorder(objects, clock)
  for (const message of messages)
    await recorder.record('replicaset-controller', { about, type: 'Normal', reason: 'SuccessfulCreate', message })
  const { items } = await objects.list(resources.events)
  return items.map((event) => ({ message: String(event['message']), count: Number(event['count']) }))
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `Created pod: ${index}`)

test('what repeats is counted up', async () => {
  expect(await told(['a', 'a', 'b'])).toEqual([
    { message: 'a', count: 2 },
    { message: 'b', count: 1 },
  ])
})

test('of many that differ by their message alone, those after the ninth become one', async () => {
  const events = await told(numbered(14))
  expect(events).toHaveLength(10)
  expect(events.at(-1)).toEqual({ message: '(combined from similar events): Created pod: 13', count: 5 })
})

test('after twenty-five about one object nobody listens for a while', async () => {
  expect((await told(numbered(30))).reduce((sum, { count }) => sum + count, 0)).toBe(25)
})
