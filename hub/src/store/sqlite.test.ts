import { objectStoreContract } from '@flotilla/shared/apiserver/object-store.contract'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openStore, type Store } from './open.ts'

const folders: string[] = []
const stores: Store[] = []
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'flotilla-store-'))
  folders.push(path)
  return path
}
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })))
})

objectStoreContract('sqlite', async () => {
  const store = await openStore(await folder())
  stores.push(store)
  return store.objects
})

it('F-24: refuses a data directory that another hub has open, and opens it once that one is gone', async () => {
  const dir = await folder()
  const first = await openStore(dir)
  await expect(openStore(dir)).rejects.toThrow('another hub is running')
  await first.close()
  const second = await openStore(dir)
  await second.close()
})

it('keeps objects, their revisions and records through a restart', async () => {
  const dir = await folder()
  const first = await openStore(dir)
  const key = { resource: 'configmaps', namespace: 'a', name: 'x' }
  const stored = await first.objects.create(key, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } })
  await first.records.put('audit', '1', { who: 'me' })
  await first.records.putBlob('sha256:x', 'text, größer', 1)
  await first.close()

  const second = await openStore(dir)
  expect(await second.objects.get(key)).toEqual(stored)
  expect(await second.objects.revision()).toBe(stored.revision)
  expect(await second.records.get('audit', '1')).toEqual({ who: 'me' })
  expect(await second.records.getBlob('sha256:x')).toBe('text, größer')
  expect(await second.records.putNew('audit', '1', 0)).toBe(false)
  expect(await second.records.delete('audit', '1')).toBe(true)
  expect(await second.records.delete('audit', '1')).toBe(false)
  await second.close()
})

it('lists records by prefix, in pages, both ways', async () => {
  const store = await openStore(await folder())
  await store.records.write(['a/1', 'a/2', 'a/3', 'b/1'].map((key) => ({ kind: 'history', key, value: key })))
  const keys = async (range: object) => (await store.records.list('history', range)).map((entry) => entry.key)
  expect(await keys({ prefix: 'a/' })).toEqual(['a/1', 'a/2', 'a/3'])
  expect(await keys({ prefix: 'a/', reverse: true, limit: 2 })).toEqual(['a/3', 'a/2'])
  expect(await keys({ prefix: 'a/', after: 'a/1', limit: 1 })).toEqual(['a/2'])
  await store.close()
})

it('refuses writes on a full disk, keeps what is there, and works on once there is room', async () => {
  const dir = await folder()
  const store = await openStore(dir, { maxPages: 64 })
  const keyOf = (name: string) => ({ resource: 'configmaps', namespace: 'a', name })
  const write = (name: string, size: number) =>
    store.objects.create(keyOf(name), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { text: 'x'.repeat(size) },
    })
  const kept = await write('kept', 50_000)
  const { revision } = kept
  await expect(write('large', 400_000)).rejects.toMatchObject({ name: 'StoreError', reason: 'Unavailable' })
  expect(await store.objects.get(keyOf('large'))).toBeUndefined()
  expect(await store.objects.get(keyOf('kept'))).toEqual(kept)
  expect(await store.objects.revision()).toBe(revision)
  await store.objects.remove(keyOf('kept'), revision)
  const small = await write('small', 1000)
  await store.close()

  const again = await openStore(dir)
  expect((await again.objects.list({ resource: 'configmaps' })).items).toEqual([small])
  await again.close()
})

it('keeps ephemeral kinds off the disk, in one order with the others, and never gives a revision twice', async () => {
  const dir = await folder()
  const open = () => openStore(dir, { ephemeral: new Set(['events']) })
  const store = await open()
  const seen: string[] = []
  const put = (resource: string, name: string) =>
    store.objects.create({ resource, namespace: 'a', name }, { apiVersion: 'v1', kind: 'Any', metadata: { name } })
  const sink = { change: (change: { revision: string }) => seen.push(change.revision), end: () => undefined }
  store.objects.watch({ resource: 'events' }, '0', sink)
  store.objects.watch({ resource: 'configmaps' }, '0', sink)
  const written = await Promise.all([put('configmaps', 'one'), put('events', 'two'), put('configmaps', 'three')])
  const last = await put('events', 'four')
  expect(seen).toEqual([...written, last].map(({ revision }) => revision))
  await store.close()

  const again = await open()
  expect((await again.objects.list({ resource: 'events' })).items).toEqual([])
  expect((await again.objects.list({ resource: 'configmaps' })).items).toHaveLength(2)
  expect(Number(await again.objects.revision())).toBeGreaterThan(Number(last.revision))
  await again.close()
})

it('lists blobs by age, and drops those that are still as old', async () => {
  const store = await openStore(await folder())
  const { records } = store
  for (const [digest, at] of [['a', 10], ['b', 20], ['c', 30]] as const) await records.putBlob(digest, digest, at) // prettier-ignore
  expect(await records.oldBlobs(30, { limit: 10 })).toEqual(['a', 'b'])
  expect(await records.oldBlobs(30, { after: 'a', limit: 1 })).toEqual(['b'])
  await records.putBlob('a', 'a', 40)
  expect(await records.dropOldBlobs(['a', 'b', 'none'], 30)).toBe(1)
  expect([await records.getBlob('a'), await records.getBlob('b')]).toEqual(['a', undefined])
  await store.close()
})
