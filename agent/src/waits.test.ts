import type { KubeObject } from '@flotilla/shared/k8s/object'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { automatedSettings, configMap, startEngineWorld, type EngineWorld } from './testing/engine-world.ts'
import type { ApplicationRecord } from './sync/record.ts'

let world: EngineWorld

beforeAll(async () => {
  world = await startEngineWorld()
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const wave = (number: number) => ({ 'argocd.argoproj.io/sync-wave': String(number) })

function settingsOf(name: string) {
  return { ...automatedSettings, instance: name, destination: { server: 's', namespace: name } }
}

/** On a cluster without nodes its pod never runs. */
function deployment(annotations: Record<string, string>): KubeObject {
  const labels = { app: 'late' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'late', annotations },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  }
}

test('an operation that waits says where it stands, what it waits for is like, and what comes after', async () => {
  const { desired } = world
  const manifests = [deployment(wave(1)), configMap('early'), configMap('last', wave(5))]
  desired.assign('argocd/waves', manifests, settingsOf('waves'), 'one')
  const { waits, plan } = await desired.until('argocd/waves', (report) => (report.waits?.details ?? []).length > 2)
  expect(waits?.reason).toBe('waiting for healthy state of apps/Deployment/late')
  expect(waits?.details).toEqual([
    'step 3 of 4: wave 1 of Sync',
    expect.stringMatching(/^apps\/Deployment waves\/late is Progressing: Waiting for rollout to finish/),
    'after it: wave 5 of Sync: create ConfigMap waves/last',
  ])
  expect(plan?.map(({ phase, wave: number, does, kind, name }) => [phase, number, does, kind, name])).toEqual([
    ['PreSync', 0, 'create', 'Namespace', 'waves'],
    ['Sync', 0, 'create', 'ConfigMap', 'early'],
    ['Sync', 1, 'create', 'Deployment', 'late'],
    ['Sync', 5, 'create', 'ConfigMap', 'last'],
  ])
})

test('a wait keeps the time at which it began, whatever is looked at meanwhile', async () => {
  const { desired } = world
  const began = '2026-01-01T00:00:00Z'
  const record = desired.records.get('argocd/waves') as ApplicationRecord
  const { waits } = record
  if (!waits) throw new Error('the wait is not written down')
  desired.records.set('argocd/waves', { ...record, waits: { ...waits, since: began } })
  desired.change('argocd/waves', { refresh: 7 })
  const report = await desired.until('argocd/waves', ({ refresh }) => refresh === 7)
  expect(report.waits).toMatchObject({ reason: waits.reason, since: began })
})

test('the plan is told before anything is done', async () => {
  const { desired, writes } = world
  writes.length = 0
  let first: { readonly plan: number; readonly writes: number } | undefined
  const stop = desired.onReport((report) => {
    if (report.application === 'argocd/plan' && report.plan)
      first ??= { plan: report.plan.length, writes: writes.length }
  })
  desired.assign('argocd/plan', [configMap('a'), configMap('b', wave(1))], settingsOf('plan'), 'one')
  const end = await desired.until('argocd/plan', ({ operationState }) => operationState?.phase === 'Succeeded')
  stop()
  expect(first).toEqual({ plan: 3, writes: 0 })
  // What was done is in the rows.
  expect(end.plan).toBeUndefined()
})

test('a dry run leaves its plan', async () => {
  const { desired } = world
  const settings = { ...settingsOf('dry'), syncPolicy: {} }
  const sync = { dryRun: true, syncOptions: ['CreateNamespace=true'] }
  const bundle = desired.assign('argocd/dry', [configMap('a')], settings, 'one')
  desired.change('argocd/dry', { operation: { id: 'o1', bundle, operation: { sync } } })
  const { plan } = await desired.until('argocd/dry', ({ operationState }) => operationState?.phase === 'Succeeded')
  expect(plan?.map(({ does, kind }) => `${does} ${kind}`)).toEqual(['create Namespace', 'create ConfigMap'])
})

test('what does not go is named, with who holds it', async () => {
  const { desired, cluster } = world
  const settings = settingsOf('held')
  desired.assign('argocd/held', [configMap('stuck'), configMap('stays')], settings, 'one')
  await desired.until('argocd/held', ({ sync }) => sync === 'Synced')
  const path = '/api/v1/namespaces/held/configmaps/stuck'
  const body = { metadata: { finalizers: ['someone.example.com/keep'] } }
  await cluster.request({ method: 'PATCH', contentType: 'application/merge-patch+json', path, body })
  desired.assign('argocd/held', [configMap('stays')], settings, 'two')
  const pruned = await desired.until('argocd/held', ({ revisions, waits, operationState }) => {
    return (
      revisions[0] === 'two' && operationState?.phase === 'Succeeded' && waits?.reason.startsWith('waiting') === true
    )
  })
  expect(pruned.waits?.reason).toBe('waiting for deletion of /ConfigMap/stuck')
  const held = /^ConfigMap held\/stuck is being deleted since .*, held by its finalizers: someone\.example\.com\/keep$/
  expect(pruned.waits?.details).toEqual([expect.stringMatching(held)])
  desired.change('argocd/held', { cascade: 'background' })
  const deleting = await desired.until('argocd/held', ({ waits }) => waits?.reason.includes('/stuck') ?? false)
  expect(deleting.waits?.details).toContainEqual(expect.stringMatching(held))
})
