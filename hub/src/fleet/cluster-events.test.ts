import { expect, onTestFinished, test } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { tellOfConnections } from './cluster-events.ts'
import { Presence } from './presence.ts'

function world() {
  const clock = virtualClock()
  const presence = new Presence(clock)
  const events: unknown[] = []
  const stop = tellOfConnections({
    fleet: { presence: (cluster) => presence.get(cluster), onPresence: (listener) => presence.listen(listener) },
    subject: (cluster) =>
      cluster === 'gone' ? undefined : { apiVersion: 'v1', kind: 'Secret', metadata: { name: `cluster-${cluster}` } },
    objects: {
      create: async (_ref, event: KubeObject) => {
        const { type, reason, message, involvedObject } = event as unknown as Record<string, { name: string }>
        events.push([involvedObject?.name, type, reason, message])
        return event
      },
    },
    clock,
    random: seededRandom(1),
  })
  onTestFinished(stop)
  return { clock, presence, events, now: () => events.splice(0) }
}

test('F-30: trouble of a cluster, and its end, are Events beside its Secret; that all is well at first is none', async () => {
  const { clock, presence, now } = world()
  presence.turn('a', 'connected')
  await clock.advance(60_000)
  expect(now()).toEqual([])
  const since = clock.now()
  presence.trouble('a', { since, message: 'connection refused' })
  await clock.advance(2_000)
  const at = new Date(since).toISOString()
  expect(now()).toEqual([['cluster-a', 'Warning', 'ConnectionFailed', `not answering since ${at}: connection refused`]])
  // Other words are no other event.
  presence.trouble('a', { since, message: 'no route to host' })
  await clock.advance(60_000)
  expect(now()).toEqual([])
  presence.trouble('a', undefined)
  await clock.advance(2_000)
  expect(now()).toEqual([['cluster-a', 'Normal', 'ConnectionSuccessful', 'The cluster answers its agent']])
})

test('F-33: kinds that cannot be seen are told by an Event, anew where they are others', async () => {
  const { clock, presence, now } = world()
  presence.turn('a', 'connected')
  presence.facts('a', { unseen: [['/Secret@x', 'secrets is forbidden']] })
  await clock.advance(2_000)
  const first = ['cluster-a', 'Warning', 'ConnectionSuccessful', 'cannot see Secret in x: secrets is forbidden']
  expect(now()).toEqual([first])
  // A new link tells it again.
  presence.facts('a', { unseen: undefined })
  await clock.advance(500)
  presence.facts('a', { unseen: [['/Secret@x', 'secrets is forbidden']] })
  await clock.advance(10_000)
  expect(now()).toEqual([])
  presence.facts('a', { unseen: [] })
  await clock.advance(2_000)
  expect(now()).toEqual([['cluster-a', 'Normal', 'ConnectionSuccessful', 'The cluster answers its agent']])
})

test('F-10: an agent that is away for a moment makes no Event, one that stays away does', async () => {
  const { clock, presence, now } = world()
  presence.turn('a', 'connected')
  await clock.advance(5_000)
  presence.turn('a', 'unknown')
  await clock.advance(5_000)
  presence.turn('a', 'connected')
  await clock.advance(60_000)
  expect(now()).toEqual([])
  presence.turn('a', 'unknown')
  const at = new Date(clock.now()).toISOString()
  await clock.advance(9_999)
  expect(now()).toEqual([])
  await clock.advance(1)
  expect(now()).toEqual([['cluster-a', 'Warning', 'ConnectionUnknown', `unknown since ${at}: its agent is away`]])
})

test('a cluster that is not registered any more has no Events', async () => {
  const { clock, presence, now } = world()
  presence.turn('gone', 'revoked')
  await clock.advance(2_000)
  expect(now()).toEqual([])
})
