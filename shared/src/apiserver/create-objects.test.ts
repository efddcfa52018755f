import { describe, expect, it } from 'vitest'
import { realClock } from '../runtime/clock.ts'
import { seededRandom } from '../runtime/random.ts'
import { createObjects } from './create-objects.ts'
import { MemoryStore } from './memory-store.ts'
import type { ObjectEvent } from './objects.ts'
import { ResourceTable } from './resource.ts'
import { builtinResources } from './schema/builtin.ts'

const configMaps = { group: '', version: 'v1', resource: 'configmaps', namespace: 'a' }

async function open() {
  const objects = createObjects({
    store: new MemoryStore(),
    resources: new ResourceTable(builtinResources()),
    clock: realClock,
    random: seededRandom(1),
    hooks: {},
  })
  await objects.create(
    { group: '', version: 'v1', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
  )
  const apply = (manager: string, data: Record<string, string>, force = false) =>
    objects.patch(
      { ...configMaps, name: 'x' },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data },
      { type: 'apply', fieldManager: manager, force },
    )
  return { objects, apply }
}

describe('objects', () => {
  it('merges what managers apply, and removes what its last owner gives up', async () => {
    const { apply } = await open()
    await apply('one', { a: '1' })
    expect((await apply('two', { b: '2' }))['data']).toEqual({ a: '1', b: '2' })
    await expect(apply('two', { a: '2' })).rejects.toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
    })
    expect((await apply('two', { a: '2' }, true))['data']).toEqual({ a: '2' })
  })

  it('keeps the version where an apply changes nothing', async () => {
    const { apply } = await open()
    const first = await apply('one', { a: '1' })
    expect((await apply('one', { a: '1' })).metadata.resourceVersion).toBe(first.metadata.resourceVersion)
  })

  it('holds an object with finalizers until the last is gone', async () => {
    const { objects } = await open()
    await objects.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', finalizers: ['example.com/f'] },
    })
    expect((await objects.delete({ ...configMaps, name: 'x' })).metadata.deletionTimestamp).toBeDefined()
    await objects.patch({ ...configMaps, name: 'x' }, { metadata: { finalizers: null } }, { type: 'merge' })
    await expect(objects.get({ ...configMaps, name: 'x' })).rejects.toMatchObject({ code: 404 })
  })

  it('shows objects that leave a selector as deleted', async () => {
    const { objects } = await open()
    const events: ObjectEvent[] = []
    const { revision } = await objects.list(configMaps)
    objects.watch(configMaps, revision, (event) => events.push(event), { labelSelector: 'in=yes' })
    await objects.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', labels: { in: 'yes' } },
    })
    await objects.patch({ ...configMaps, name: 'x' }, { metadata: { labels: { in: 'no' } } }, { type: 'merge' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(events.map((event) => event.type)).toEqual(['ADDED', 'DELETED'])
  })
})
