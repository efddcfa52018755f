import { expect, test, vi } from 'vitest'
import { MemoryRecords } from '../fleet/testing/memory-records.ts'
import type { Records } from '../store/records.ts'
import { realClock } from '@flotilla/shared/runtime/clock'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { AssignmentBook } from './assignment-book.ts'

const key = 'argocd/shop'
const wanted = (bundle: string) => ({ incarnation: 'one', bundle })

/** A book as it was when the backup was made: generation 1, and a hub that has just started on it. */
async function restored(): Promise<AssignmentBook> {
  const records = new MemoryRecords() as unknown as Records
  const before = new AssignmentBook(records, realClock)
  await before.load()
  await before.publish(key, 'c1', wanted('old'), 'tree-old')
  const book = new AssignmentBook(records, realClock)
  await book.load()
  return book
}

test('F-23: an agent that knows better keeps what it has until manifests are made anew', async () => {
  const book = await restored()
  const told: string[] = []
  book.watch('c1', (application) => told.push(application))
  book.behind('c1', key, 5)
  // Git does not answer: what is held back is nothing new.
  await book.publish(key, 'c1', { ...wanted('old'), hold: 'Git is away' })
  expect(told).toEqual([])
  await book.publish(key, 'c1', wanted('new'), 'tree-new')
  expect(book.assignment('c1', key)).toMatchObject({ generation: 6, bundle: 'new' })
  expect(told).toEqual([key])
})

test('F-23: what was made anew before the agent came is sent to it, and so is what is still the same', async () => {
  const book = await restored()
  await book.publish(key, 'c1', wanted('old'), 'tree-old')
  book.behind('c1', key, 5)
  await vi.waitFor(() => expect(book.assignment('c1', key)).toMatchObject({ generation: 6, bundle: 'old' }))

  const other = await restored()
  other.behind('c1', key, 5)
  await other.publish(key, 'c1', wanted('old'), 'tree-old')
  expect(other.assignment('c1', key)).toMatchObject({ generation: 6, bundle: 'old' })
})

const hour = 3600 * 1000
const settings = { trackingMethod: 'annotation' } as unknown as SyncSettings
const map = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })

/** A book at a time that a test says, which keeps unused content for a day. */
async function aging(): Promise<{ book: AssignmentBook; records: MemoryRecords; pass: (ms: number) => void }> {
  let now = 0
  const clock: Clock = { now: () => now, after: () => () => undefined }
  const records = new MemoryRecords()
  const book = new AssignmentBook(records, clock, 24 * hour)
  await book.load()
  return { book, records, pass: (ms) => void (now += ms) }
}

test('content that nothing refers to goes after a day, and what is referred to stays', async () => {
  const { book, records, pass } = await aging()
  const old = await book.putBundle([map('a'), map('b')], ['1'], settings)
  await book.publish(key, 'c1', wanted(old), 'tree-1')
  pass(25 * hour)
  expect(await book.collect()).toBe(0)
  const next = await book.putBundle([map('b'), map('c')], ['2'], settings)
  await book.publish(key, 'c1', wanted(next), 'tree-2')
  // The bundle of old and what only it had.
  expect(await book.collect()).toBe(2)
  expect(await records.getBlob(old)).toBeUndefined()
  expect(await records.getBlob(next)).toBeDefined()
})

test('what an operation still refers to stays', async () => {
  const { book, records, pass } = await aging()
  const old = await book.putBundle([map('a')], ['1'], settings)
  const operation = { id: 'one', operation: { sync: {} }, bundle: old, startedAt: '', retryCount: 0 }
  const next = await book.putBundle([map('b')], ['2'], settings)
  await book.publish(key, 'c1', { ...wanted(next), operation } as never, 'tree-2')
  pass(48 * hour)
  expect(await book.collect()).toBe(0)
  expect(await records.getBlob(old)).toBeDefined()
})

test('a commit that goes back to old content while it is collected loses nothing', async () => {
  const { book, records, pass } = await aging()
  const old = await book.putBundle([map('a')], ['1'], settings)
  await book.publish(key, 'c1', wanted(old), 'tree-1')
  await book.publish(key, 'c1', wanted(await book.putBundle([map('b')], ['2'], settings)), 'tree-2')
  pass(25 * hour)
  // The list of what is old is made, and before any of it is deleted somebody publishes just that.
  const list = records.oldBlobs.bind(records)
  records.oldBlobs = async (at, page) => {
    const found = await list(at, page)
    if (found.includes(old))
      await book.publish(key, 'c1', wanted(await book.putBundle([map('a')], ['1'], settings)), 'tree-1')
    return found
  }
  await book.collect()
  const { bundle = '' } = book.assignment('c1', key) ?? {}
  expect(bundle).toBe(old)
  const { manifests, settings: own } = JSON.parse((await records.getBlob(bundle)) ?? '{}') as {
    manifests: string[]
    settings: string
  }
  for (const digest of [...manifests, own]) expect(await records.getBlob(digest)).toBeDefined()
})

test('nothing is deleted while a bundle cannot be read', async () => {
  const { book, records, pass } = await aging()
  await book.putBundle([map('a')], ['1'], settings)
  await book.publish(key, 'c1', wanted('sha256:lost'), 'tree-1')
  pass(48 * hour)
  expect(await book.collect()).toBe(0)
  expect(await records.oldBlobs(48 * hour, { limit: 10 })).not.toEqual([])
})

test('T-06: a bundle is assigned to a cluster as long as an assignment there names it, and no longer', async () => {
  const { book } = await aging()
  const operation = { id: 'order', operation: {}, bundle: 'ordered' }
  await book.publish('argocd/a', 'c1', { ...wanted('shared'), operation })
  await book.publish('argocd/b', 'c1', wanted('shared'))
  const assigned = (cluster: string) => ['shared', 'ordered', 'new'].filter((each) => book.isAssigned(cluster, each))
  expect(assigned('c1')).toEqual(['shared', 'ordered'])
  expect(assigned('c2')).toEqual([])
  await book.publish('argocd/a', 'c1', wanted('new'))
  expect(assigned('c1')).toEqual(['shared', 'new'])
  await book.publish('argocd/b', 'c2', wanted('shared'))
  expect([assigned('c1'), assigned('c2')]).toEqual([['new'], ['shared']])
  await book.remove('argocd/b')
  expect(assigned('c2')).toEqual([])
})

test('the same manifests are wanted with other settings', async () => {
  const { book, records } = await aging()
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as KubeObject
  const settings = { project: 'default', projectSpec: { destinations: [] } } as unknown as SyncSettings
  const first = await book.putBundle([manifest], ['one'], settings)
  expect(await book.withSettings(first, (before) => before)).toBe(first)
  const denied = { destinations: [{ namespace: 'other' }] }
  const second = (await book.withSettings(first, (before) => ({ ...before, projectSpec: denied }))) ?? ''
  const read = async (digest: string) => JSON.parse((await records.getBlob(digest)) ?? '') as Record<string, unknown>
  const [before, after] = [await read(first), await read(second)]
  expect(after).toEqual({ ...before, settings: after['settings'] })
  expect(await read(String(after['settings']))).toEqual({ ...settings, projectSpec: denied })
  expect(await book.withSettings('sha256:gone', (each) => each)).toBeUndefined()
})
