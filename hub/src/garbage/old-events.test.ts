import { expect, it } from 'vitest'
import { createApiServer } from '@flotilla/shared/apiserver/api-server'
import { builtinStrategies } from '@flotilla/shared/apiserver/kinds/index'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import { builtinResources } from '@flotilla/shared/apiserver/schema/builtin'
import { resources } from '@flotilla/shared/argo/resources'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { deleteOldEvents } from './old-events.ts'

it('keeps events for an hour after they were last seen', async () => {
  const clock = virtualClock()
  const { objects } = createApiServer({
    store: new MemoryStore(),
    resources: builtinResources(builtinStrategies).filter(
      ({ plural }) => plural === 'events' || plural === 'namespaces',
    ),
    clock,
    random: seededRandom(1),
    version: { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' },
    authenticate: () => Promise.reject(new Error('nobody')),
    authorize: () => ({ allowed: false }),
  })
  const kind = { ...resources.events, namespace: 'argocd' }
  const event = (name: string, minutesAgo: number) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'argocd' },
    involvedObject: { kind: 'Application', namespace: 'argocd', name: 'a' },
    lastTimestamp: new Date(clock.now() - minutesAgo * 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  })
  await objects.create(
    { ...resources.namespaces },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } },
  )
  for (const [name, age] of [
    ['new', 1],
    ['young', 59],
    ['old', 61],
    ['ancient', 6000],
  ] as const) {
    await objects.create(kind, event(name, age))
  }
  expect(await deleteOldEvents(objects, clock.now())).toBe(2)
  expect((await objects.list(kind)).items.map(({ metadata }) => metadata.name)).toEqual(['new', 'young'])
})
