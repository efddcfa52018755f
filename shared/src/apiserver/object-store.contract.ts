import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import type { Change, ObjectKey, ObjectStore, StoreError } from './object-store.ts'

const key = (name: string, namespace = 'a', resource = 'configmaps'): ObjectKey => ({ resource, namespace, name })
const object = (name: string, value = '1', namespace = 'a'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { value },
})

async function reasonOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    return (error as StoreError).reason
  }
  return 'none'
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 2))
  expect(condition()).toBe(true)
}

/** What every `ObjectStore` must do; each backend runs it. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore> | ObjectStore): void {
  describe(`object store contract: ${name}`, () => {
    let store: ObjectStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    it('stamps a growing revision on what it stores', async () => {
      const first = await store.create(key('x'), object('x'))
      const second = await store.create(key('y'), object('y'))
      expect(first.object.metadata.resourceVersion).toBe(first.revision)
      expect(BigInt(second.revision)).toBeGreaterThan(BigInt(first.revision))
      expect(await store.revision()).toBe(second.revision)
      expect((await store.get(key('x')))?.object).toEqual(first.object)
      expect(await store.get(key('x', 'b'))).toBeUndefined()
    })

    it('refuses what exists, what is absent and what has moved on', async () => {
      const first = await store.create(key('x'), object('x'))
      expect(await reasonOf(() => store.create(key('x'), object('x')))).toBe('AlreadyExists')
      expect(await reasonOf(() => store.update(key('y'), object('y'), '1'))).toBe('NotFound')
      const second = await store.update(key('x'), object('x', '2'), first.revision)
      expect(await reasonOf(() => store.update(key('x'), object('x', '3'), first.revision))).toBe('Conflict')
      expect(await reasonOf(() => store.remove(key('x'), first.revision))).toBe('Conflict')
      const removed = await store.remove(key('x'), second.revision)
      expect(BigInt(removed.revision)).toBeGreaterThan(BigInt(second.revision))
      expect(removed.object['data']).toEqual({ value: '2' })
      expect(await reasonOf(() => store.remove(key('x'), second.revision))).toBe('NotFound')
    })

    it('lets one of two concurrent writers win', async () => {
      const first = await store.create(key('x'), object('x'))
      const writes = ['2', '3'].map((value) =>
        reasonOf(() => store.update(key('x'), object('x', value), first.revision)),
      )
      expect((await Promise.all(writes)).sort()).toEqual(['Conflict', 'none'])
    })

    it('lists in order of namespace, then name, a page at a time', async () => {
      for (const [namespace, name] of [
        ['b', 'x'],
        ['a', 'y'],
        ['a-b', 'z'],
        ['a', 'x'],
      ] as const)
        await store.create(key(name, namespace), object(name, '1', namespace))
      await store.create(key('other', 'a', 'secrets'), object('other'))
      const all = await store.list({ resource: 'configmaps' })
      expect(all.items.map((item) => `${item.key.namespace}/${item.key.name}`)).toEqual(['a/x', 'a/y', 'a-b/z', 'b/x'])
      expect((await store.list({ resource: 'configmaps', namespace: 'a' })).items).toHaveLength(2)
      const page = await store.list({ resource: 'configmaps' }, { limit: 3 })
      expect([page.items.length, page.remaining]).toEqual([3, 1])
      const rest = await store.list(
        { resource: 'configmaps' },
        { at: page.revision, limit: 3, after: { namespace: 'a-b', name: 'z' } },
      )
      expect(rest.items.map((item) => item.key.namespace)).toEqual(['b'])
      expect(rest.remaining).toBe(0)
    })

    it('lists the past as it was', async () => {
      const x = await store.create(key('x'), object('x'))
      const y = await store.create(key('y'), object('y'))
      const at = await store.revision()
      await store.update(key('x'), object('x', '2'), x.revision)
      await store.remove(key('y'), y.revision)
      await store.create(key('z'), object('z'))
      const past = await store.list({ resource: 'configmaps', namespace: 'a' }, { at })
      expect(past.items.map((item) => [item.key.name, item.object['data']])).toEqual([
        ['x', { value: '1' }],
        ['y', { value: '1' }],
      ])
      await store.compact(await store.revision())
      expect(await reasonOf(() => store.list({ resource: 'configmaps' }, { at }))).toBe('RevisionGone')
      expect((await store.list({ resource: 'configmaps' })).items).toHaveLength(2)
    })

    it('tells a watcher all changes since a revision, in order, once', async () => {
      const since = await store.revision()
      const x = await store.create(key('x'), object('x'))
      const seen: Change[] = []
      const stop = store.watch({ resource: 'configmaps', namespace: 'a' }, since, {
        change: (change) => seen.push(change),
        end: () => undefined,
      })
      const second = await store.update(key('x'), object('x', '2'), x.revision)
      await store.create(key('x', 'b'), object('x', '1', 'b'))
      await store.create(key('x', 'a', 'secrets'), object('x'))
      const removed = await store.remove(key('x'), second.revision)
      await until(() => seen.length >= 3)
      expect(seen.map((change) => change.type)).toEqual(['added', 'modified', 'deleted'])
      expect(seen[1]?.previous?.revision).toBe(x.revision)
      expect(seen[2]?.stored.object.metadata.resourceVersion).toBe(removed.revision)
      expect(seen[2]?.stored.object['data']).toEqual({ value: '2' })
      stop()
      await store.create(key('w'), object('w'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(seen).toHaveLength(3)
    })

    it('is silent about revisions that a watcher of the future has seen', async () => {
      const x = await store.create(key('x'), object('x'))
      const seen: Change[] = []
      store.watch({ resource: 'configmaps' }, x.revision, {
        change: (change) => seen.push(change),
        end: () => undefined,
      })
      await store.create(key('y'), object('y'))
      await until(() => seen.length === 1)
      expect(seen[0]?.stored.key.name).toBe('y')
    })

    it('refuses a watch from a compacted revision', async () => {
      const since = await store.revision()
      await store.create(key('x'), object('x'))
      await store.create(key('y'), object('y'))
      await store.compact(await store.revision())
      expect(
        await reasonOf(() =>
          store.watch({ resource: 'configmaps' }, since, { change: () => undefined, end: () => undefined }),
        ),
      ).toBe('RevisionGone')
    })

    it('ends its watches when it is closed', async () => {
      const ends: string[] = []
      store.watch({ resource: 'configmaps' }, await store.revision(), {
        change: () => undefined,
        end: (error) => ends.push(error.reason),
      })
      await store.close()
      await until(() => ends.length === 1)
      expect(ends).toEqual(['Closed'])
    })
  })
}
