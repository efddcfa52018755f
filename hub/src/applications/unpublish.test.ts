import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { realClock } from '@flotilla/shared/runtime/clock'
import { expect, test } from 'vitest'
import { MemoryRecords } from '../fleet/testing/memory-records.ts'
import type { ProjectSpec } from '../projects/permits.ts'
import { parseSettings } from '../settings/settings.ts'
import { AssignmentBook } from './assignment-book.ts'
import { syncSettings } from './desired.ts'
import { reconcile, type ReconcileTools, type Request } from './reconcile.ts'

const key = 'argocd/a'
const cluster = { name: 'c1', server: 'https://c1', project: undefined, labels: {}, annotations: {} }
const app = {
  metadata: {
    name: 'a',
    namespace: 'argocd',
    uid: 'u',
    deletionTimestamp: '2026-01-01T00:00:00Z',
    finalizers: ['resources-finalizer.argocd.argoproj.io'],
  },
  spec: { project: 'p', destination: { name: 'c1', namespace: 'n' }, source: { repoURL: 'r', path: 'p' } },
} as unknown as Application
const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } } as KubeObject
const permits = (namespace: string): ProjectSpec => ({ sourceRepos: ['*'], destinations: [{ name: '*', namespace }] })
const request = { orderSpent: true, orderEnded: false, recall: false, refresh: undefined, refreshType: undefined }

/** An application whose project is another than when it was published last. */
async function deleteUnder(project: ProjectSpec | undefined) {
  const book = new AssignmentBook(new MemoryRecords(), realClock)
  await book.load()
  const before = syncSettings(app, permits('n'), parseSettings({}, {}), ['Directory'], cluster)
  const bundle = await book.putBundle([manifest], ['one'], before)
  await book.publish(key, 'c1', { incarnation: 'u', bundle }, 'tree')
  const tools = {
    book,
    clusters: { byName: () => [cluster], byServer: () => cluster },
    project: () => project,
    settings: () => parseSettings({}, {}),
    facts: () => ({}),
  } as unknown as ReconcileTools
  const outcome = await reconcile(app, tools, request as Request)
  const assignment = book.entry(key)?.assignment
  const stored = async (digest: string) => JSON.parse((await book.blob(digest)) ?? '') as Record<string, string>
  const wanted = await stored(assignment?.bundle ?? '')
  const settings = (await stored(wanted['settings'] ?? '')) as unknown as SyncSettings
  return { outcome, assignment, same: assignment?.bundle === bundle, settings }
}

test('a deletion may touch what the project permits by now, not what it permitted when manifests were made last', async () => {
  const { assignment, settings } = await deleteUnder(permits('other'))
  expect(assignment?.deletion).toEqual(['cascade'])
  expect(settings.projectSpec['destinations']).toEqual(permits('other').destinations)
  expect((await deleteUnder(permits('n'))).same).toBe(true)
})

test('a deletion waits while nobody knows what the project permits', async () => {
  const { outcome, assignment } = await deleteUnder(undefined)
  expect(assignment).toMatchObject({ paused: true })
  expect(assignment?.deletion).toBeUndefined()
  const message = 'error getting app project "p": appproject.argoproj.io "p" not found'
  expect(outcome).toEqual({ conditions: [{ type: 'DeletionError', message }] })
})
