import type { Operation } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { automatedSettings, configMap, startEngineWorld, type EngineWorld } from './testing/engine-world.ts'

// Rows of the sync engine that need a cluster to be seen.

let world: EngineWorld
beforeAll(async () => (world = await startEngineWorld()))
afterAll(() => world[Symbol.asyncDispose]())

function settingsOf(instance: string, more: Partial<SyncSettings> = {}): SyncSettings {
  const destination = { server: 's', namespace: instance }
  return { ...automatedSettings, instance, destination, syncPolicy: {}, ...more }
}

/** Assigns manifests, orders a sync of them, and answers the first report that fits. */
async function synced(
  name: string,
  manifests: readonly KubeObject[],
  settings: SyncSettings,
  sync: Operation['sync'],
  fits: (report: ApplicationReport) => boolean,
): Promise<ApplicationReport> {
  const { desired } = world
  const bundle = desired.assign(`argocd/${name}`, manifests, settings, 'one')
  const syncOptions = ['CreateNamespace=true', ...(sync?.syncOptions ?? [])]
  const operation = {
    id: `${name}-${Math.trunc(performance.now())}`,
    bundle,
    operation: { sync: { ...sync, syncOptions } },
  }
  desired.change(`argocd/${name}`, { operation })
  return desired.until(`argocd/${name}`, fits)
}

const ended = ({ operationState }: ApplicationReport): boolean =>
  operationState !== undefined && ['Succeeded', 'Failed', 'Error'].includes(operationState.phase)

test('§3.2.1: an operation that a sync window blocks stays Running, says why, and goes on when it may', async () => {
  const deny = { kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['*'] }
  const settings = settingsOf('window')
  const closed = { ...settings, projectSpec: { ...settings.projectSpec, syncWindows: [deny] } }
  const says = ({ operationState }: ApplicationReport) =>
    operationState?.message?.includes('blocked by sync window') ?? false
  const held = await synced('window', [configMap('a')], closed, {}, says)
  expect(held.operationState?.phase).toBe('Running')
  expect(held.waits?.reason).toContain('deny:* * * * *:1h')
  expect(await world.get('/api/v1/namespaces/window/configmaps/a')).toBeUndefined()
  const open = { ...deny, manualSync: true }
  const later = { ...settings, projectSpec: { ...settings.projectSpec, syncWindows: [open] } }
  const { desired } = world
  const { operation } = desired.assignment('argocd/window') ?? {}
  desired.assign('argocd/window', [configMap('a')], later, 'one', operation ? { operation } : {})
  const done = await desired.until('argocd/window', ended)
  expect(done.operationState?.phase).toBe('Succeeded')
})

test('INV-15: an operation that waited is held to what its project allows by then', async () => {
  const deny = { kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['*'] }
  const settings = settingsOf('stricter')
  const closed = { ...settings, projectSpec: { ...settings.projectSpec, syncWindows: [deny] } }
  const says = ({ operationState }: ApplicationReport) =>
    operationState?.message?.includes('blocked by sync window') ?? false
  await synced('stricter', [configMap('a')], closed, {}, says)
  const namespaceResourceBlacklist = [{ group: '', kind: 'ConfigMap' }]
  const later = { ...settings, projectSpec: { ...settings.projectSpec, namespaceResourceBlacklist } }
  const { desired } = world
  const { operation } = desired.assignment('argocd/stricter') ?? {}
  desired.assign('argocd/stricter', [configMap('a')], later, 'one', operation ? { operation } : {})
  const done = await desired.until('argocd/stricter', ended)
  expect(done.operationState?.message).toContain('not permitted in project')
  expect(await world.get('/api/v1/namespaces/stricter/configmaps/a')).toBeUndefined()
})

test('§3.2.2: what cannot be compared is not synced', async () => {
  const argocdCm = { 'resource.customizations': 'a: [' }
  const { operationState } = await synced('unread', [configMap('a')], settingsOf('unread', { argocdCm }), {}, ended)
  expect(operationState?.phase).toBe('Error')
  expect(operationState?.message).toMatch(/^ComparisonError: /)
  expect(await world.get('/api/v1/namespaces/unread')).toBeUndefined()
})

test('§3.2.2, FailOnSharedResource: what another application owns is not taken', async () => {
  const shared = { ...configMap('shared'), metadata: { name: 'shared', namespace: 'owner' } }
  await synced('owner', [shared], settingsOf('owner'), {}, ended)
  const sync = { syncOptions: ['FailOnSharedResource=true'] }
  const { operationState } = await synced('taker', [shared], settingsOf('taker'), sync, ended)
  expect(operationState?.phase).toBe('Failed')
  expect(operationState?.message).toMatch(/^Shared resource found: .*owner/)
})

test('§3.2.4: managedNamespaceMetadata is written on the namespace, also where it is there', async () => {
  const labels = { team: 'red' }
  const policy = { managedNamespaceMetadata: { labels } }
  await synced('labelled', [configMap('a')], settingsOf('labelled', { syncPolicy: policy }), {}, ended)
  const seen = await world.get('/api/v1/namespaces/labelled')
  expect(seen?.metadata.labels).toMatchObject(labels)
  const next = { managedNamespaceMetadata: { labels: { team: 'blue' } } }
  await synced('labelled', [configMap('a')], settingsOf('labelled', { syncPolicy: next }), {}, ({ operationState }) => {
    return (
      operationState?.syncResult?.managedNamespaceMetadata?.labels?.['team'] === 'blue' &&
      operationState.phase === 'Succeeded'
    )
  })
  expect((await world.get('/api/v1/namespaces/labelled'))?.metadata.labels).toMatchObject({ team: 'blue' })
})

test('§3.2.5: a kind that the project forbids stops the sync before anything is applied', async () => {
  const namespaceResourceBlacklist = [{ group: '', kind: 'Secret' }]
  const { projectSpec } = automatedSettings
  const settings = settingsOf('forbidden', { projectSpec: { ...projectSpec, namespaceResourceBlacklist } })
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }
  const { operationState } = await synced('forbidden', [configMap('a'), secret], settings, {}, ended)
  expect(operationState?.phase).toBe('Failed')
  expect(operationState?.message).toMatch(
    /^one or more synchronization tasks are not valid: .*not permitted in project/,
  )
  expect(await world.get('/api/v1/namespaces/forbidden/configmaps/a')).toBeUndefined()
})

test('Trap 15, §3.5: replacing a Namespace or a definition is an update, other objects are replaced', async () => {
  const options = { 'argocd.argoproj.io/sync-options': 'Replace=true,Force=true' }
  const home: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'extra', annotations: options } }
  const settings = settingsOf('replacing')
  await synced('replacing', [home, configMap('a', options)], settings, {}, ended)
  const [before, object] = await Promise.all([
    world.get('/api/v1/namespaces/extra'),
    world.get('/api/v1/namespaces/replacing/configmaps/a'),
  ])
  const again = { ...home, metadata: { ...home.metadata, labels: { v: '2' } } }
  const { operationState } = await synced(
    'replacing',
    [again, configMap('a', options, 'new')],
    settings,
    {},
    (report) => {
      return (
        ended(report) &&
        (report.operationState?.syncResult?.resources ?? []).some(({ message }) => message?.includes('updated'))
      )
    },
  )
  const messages = operationState?.syncResult?.resources?.map(({ message }) => message)
  expect(messages).toEqual(['Namespace/extra updated', expect.stringContaining('replaced')])
  expect((await world.get('/api/v1/namespaces/extra'))?.metadata.uid).toBe(before?.metadata.uid)
  expect((await world.get('/api/v1/namespaces/replacing/configmaps/a'))?.metadata.uid).not.toBe(object?.metadata.uid)
})

test('§3.7, SkipDryRunOnMissingResource: a kind that nobody serves yet stops no other object', async () => {
  const options = { 'argocd.argoproj.io/sync-options': 'SkipDryRunOnMissingResource=true' }
  const ship = { apiVersion: 'sea.example/v1', kind: 'Ship', metadata: { name: 's', annotations: options } }
  const { operationState } = await synced('ships', [configMap('a'), ship], settingsOf('ships'), {}, ended)
  expect(operationState?.phase).toBe('Failed')
  expect(operationState?.message).toContain('no matches for kind "Ship" in version "sea.example/v1"')
  expect(await world.get('/api/v1/namespaces/ships/configmaps/a')).toBeDefined()
})

/** On a cluster without nodes its pod never runs. */
function stuck(): KubeObject {
  const labels = { app: 'stuck' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'stuck' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  }
}

const last = configMap('last', { 'argocd.argoproj.io/sync-wave': '1' })

function waitsForHealth({ operationState }: ApplicationReport): boolean {
  return operationState?.message?.startsWith('waiting for healthy state of apps/Deployment/stuck') ?? false
}

test('§3.10: an operation that takes longer than the settings allow is terminated', async () => {
  const argocdCm = { 'controller.sync.timeout.seconds': '1' }
  const { operationState } = await synced('late', [stuck(), last], settingsOf('late', { argocdCm }), {}, ended)
  expect(operationState?.phase).toBe('Failed')
  expect(operationState?.message).toBe('Operation terminated, triggered by controller sync timeout')
  expect(await world.get('/api/v1/namespaces/late/configmaps/last')).toBeUndefined()
})

test('§3.10: an operation is terminated where somebody asks for it', async () => {
  const { desired } = world
  await synced('ending', [stuck(), last], settingsOf('ending'), {}, waitsForHealth)
  desired.change('argocd/ending', { terminate: desired.assignment('argocd/ending')?.operation?.id ?? '' })
  const { operationState } = await desired.until('argocd/ending', ended)
  expect([operationState?.phase, operationState?.message]).toEqual(['Failed', 'Operation terminated'])
})

test('NewerCommitSupersedes: an automated sync that is stuck makes way for a newer commit, only where it is asked to', async () => {
  const { desired } = world
  const policyOf = (options: string[]) => ({ automated: {}, syncOptions: ['CreateNamespace=true', ...options] })
  const patient = settingsOf('patient', { syncPolicy: policyOf([]) })
  const hasty = settingsOf('hasty', { syncPolicy: policyOf(['NewerCommitSupersedes=true']) })
  desired.assign('argocd/patient', [stuck(), last], patient, 'one')
  desired.assign('argocd/hasty', [stuck(), last], hasty, 'one')
  await Promise.all(['argocd/patient', 'argocd/hasty'].map((name) => desired.until(name, waitsForHealth)))
  desired.assign('argocd/patient', [last], patient, 'two')
  desired.assign('argocd/hasty', [last], hasty, 'two')
  const done = await desired.until('argocd/hasty', (report) => {
    return ended(report) && report.operationState?.syncResult?.revision === 'two'
  })
  expect(done.operationState?.phase).toBe('Succeeded')
  const still = await desired.until('argocd/patient', ({ revisions }) => revisions[0] === 'two')
  expect([still.operationState?.phase, still.operationState?.syncResult?.revision]).toEqual(['Running', 'one'])
})
