import type { ObjectEvent, Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { expect, test } from 'vitest'
import { Cache, presence, relations, type CacheEvent, type Keep } from './cache.ts'
import { resources } from './resources.ts'

const object = (name: string, version: number, rest: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', uid: `u-${name}`, resourceVersion: String(version), ...rest },
  data: { big: 'x' },
})
const owned = { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'owner' }] }

/** An API that lists and tells what it is told to. */
async function follow(keep: Keep | undefined, first: readonly KubeObject[]) {
  const clock = virtualClock()
  let items = first
  let tell: (event: ObjectEvent) => void = () => undefined
  const objects = {
    list: () => Promise.resolve({ revision: '10', items }),
    watch: (_: unknown, __: unknown, onEvent: typeof tell) => {
      tell = onEvent
      return () => undefined
    },
  } as unknown as Objects
  const cache = new Cache(objects, resources.configMaps, clock, keep)
  const told: string[] = []
  cache.onChange(({ type, object: { metadata }, previous }: CacheEvent) => {
    told.push([type, metadata.name, ...(previous ? ['known'] : [])].join(' '))
  })
  cache.onRelist(() => told.push('relist'))
  await cache.start()
  return {
    cache,
    told,
    tell: (event: ObjectEvent) => tell(event),
    relist: async (next: readonly KubeObject[]) => {
      items = next
      tell({ type: 'GONE' })
      await clock.advance(1)
    },
  }
}

test('what is not kept is told of all the same', async () => {
  const { cache, told, tell } = await follow(relations, [object('a', 1), object('b', 2, owned)])
  expect(cache.list().map(({ metadata, data }) => [metadata.name, data])).toEqual([['b', undefined]])
  tell({ type: 'MODIFIED', object: object('a', 11, { finalizers: ['f'] }) })
  tell({ type: 'MODIFIED', object: object('b', 12) })
  expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['a'])
  expect(cache.ownedBy('owner')).toEqual([])
  tell({ type: 'DELETED', object: object('b', 13) })
  tell({ type: 'DELETED', object: object('a', 14) })
  expect(cache.list()).toEqual([])
  expect(told).toEqual(['set a', 'set b', 'set a', 'set b known', 'deleted b', 'deleted a known'])
})

test('a list after a gap tells of what went, where it was kept', async () => {
  const { cache, told, relist } = await follow(undefined, [object('a', 1), object('b', 2)])
  await relist([object('b', 2), object('c', 9)])
  expect(told).toEqual(['set a', 'set b', 'deleted a known', 'set c', 'relist'])
  expect(cache.list('n').map(({ metadata }) => metadata.name)).toEqual(['b', 'c'])
})

test('what is but counted is counted by namespace', async () => {
  const { cache, tell, relist } = await follow(presence(), [object('a', 1), object('b', 2)])
  expect(cache.list('n')).toHaveLength(2)
  expect(cache.list('other')).toEqual([])
  tell({ type: 'DELETED', object: object('a', 11) })
  expect(cache.list('n')).toHaveLength(1)
  await relist([])
  expect(cache.list()).toEqual([])
})
