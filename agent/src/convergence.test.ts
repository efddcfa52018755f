import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { automatedSettings, configMap, startEngineWorld, type EngineWorld } from './testing/engine-world.ts'

let world: EngineWorld
beforeAll(async () => (world = await startEngineWorld()))
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => void (world.writes.length = 0))

const byHand: SyncSettings = { ...automatedSettings, syncPolicy: { syncOptions: ['CreateNamespace=true'] } }

test('INV-19: once everything is as it should be, ten more looks write nothing', async () => {
  const objects = [configMap('a'), deployment('web'), service('web'), role('reader')]
  const { desired, writes } = world
  desired.assign('argocd/steady', objects, settingsOf('steady'), 'one')
  await desired.until('argocd/steady', isSettled('one'))
  // The controllers of the cluster have their own say in some of them first.
  await looks('argocd/steady', 1, 3)
  writes.length = 0
  await looks('argocd/steady', 4, 13)
  expect(writes).toEqual([])
})

test('a dry run tells everything and writes nothing', async () => {
  const { desired, writes } = world
  const sync = { dryRun: true, syncOptions: ['CreateNamespace=true'] }
  const bundle = desired.assign('argocd/dry', [configMap('d'), deployment('d')], settingsOf('dry', byHand), 'one')
  desired.change('argocd/dry', { operation: { id: 'dry', operation: { sync }, bundle } })
  const report = await desired.until('argocd/dry', ({ operationState }) => operationState?.phase === 'Succeeded')
  expect(report.operationState?.syncResult?.resources?.map(({ message }) => message)).toEqual([
    'namespace/t-dry created (dry run)',
    'configmap/d created (dry run)',
    'deployment.apps/d created (dry run)',
  ])
  expect(writes).toEqual([])
})

test('a cluster that Argo CD kept is taken over without a write', async () => {
  const { desired, cluster, writes } = world
  const objects = [configMap('taken'), deployment('taken')]
  await cluster.request({ method: 'POST', path: '/api/v1/namespaces', body: named('v1', 'Namespace', 't-over') })
  for (const object of objects) await asArgoCd(object, 't-over', 'over')
  desired.assign('argocd/over', objects, settingsOf('over'), 'one')
  const report = await desired.until('argocd/over', ({ sync }) => sync === 'Synced')
  await looks('argocd/over', 1, 3)
  expect(report.resources.map(({ name, status }) => [name, status])).toEqual([
    ['taken', 'Synced'],
    ['taken', 'Synced'],
  ])
  expect(writes).toEqual([])
})

test('N6: a sync that would prune most of an application stops, says so, and goes on once somebody approves', async () => {
  const { desired } = world
  const many = Array.from({ length: 25 }, (_, index) => configMap(`m${index}`))
  desired.assign('argocd/mass', [configMap('kept'), ...many], settingsOf('mass'), 'one')
  await desired.until('argocd/mass', isSettled('one'))
  desired.assign('argocd/mass', [configMap('kept')], settingsOf('mass'), 'two')
  const held = await desired.until('argocd/mass', ({ conditions }) => conditions.length > 0)
  expect(held.conditions[0]).toMatchObject({
    type: 'PruneHeldBack',
    message: expect.stringContaining('would delete 25 of 26 objects (/ConfigMap/t-mass/m0, '),
  })
  expect(await world.get('/api/v1/namespaces/t-mass/configmaps/m24')).toBeDefined()
  const approved = new Date(Date.now() + 1000).toISOString().replace(/\.\d+/, '')
  const annotations = { 'argocd.argoproj.io/deletion-approved': approved }
  desired.assign('argocd/mass', [configMap('kept')], { ...settingsOf('mass'), annotations }, 'two')
  const done = await desired.until('argocd/mass', isSettled('two'))
  expect(done.conditions).toEqual([])
  expect(await world.get('/api/v1/namespaces/t-mass/configmaps/m24')).toBeUndefined()
})

test('N6: applications that would together prune much of the cluster are stopped once the limit is passed', async () => {
  const { desired } = world
  // Each of them alone stays within half of its objects.
  const files = (count: number) => Array.from({ length: count }, (_, index) => configMap(`m${index}`))
  const limits = { 'controller.prune.guard.cluster.count': '25', 'controller.prune.guard.cluster.share': '0.1' }
  const settings = (name: string) => ({ ...settingsOf(name), argocdCm: limits })
  for (const name of ['left', 'right']) {
    desired.assign(`argocd/${name}`, files(40), settings(name), 'one')
    await desired.until(`argocd/${name}`, isSettled('one'))
  }
  desired.assign('argocd/left', files(22), settings('left'), 'two')
  await desired.until('argocd/left', isSettled('two'))
  desired.assign('argocd/right', files(22), settings('right'), 'two')
  const held = await desired.until('argocd/right', ({ conditions }) => conditions.length > 0)
  expect(held.conditions[0]).toMatchObject({
    type: 'PruneHeldBack',
    message: expect.stringContaining('would delete 18 objects, with other applications 36 of the '),
  })
  expect(await world.get('/api/v1/namespaces/t-right/configmaps/m39')).toBeDefined()
  const approved = new Date(Date.now() + 1000).toISOString().replace(/\.\d+/, '')
  const annotations = { 'argocd.argoproj.io/deletion-approved': approved }
  desired.assign('argocd/right', files(22), { ...settings('right'), annotations }, 'two')
  await desired.until('argocd/right', isSettled('two'))
  expect(await world.get('/api/v1/namespaces/t-right/configmaps/m39')).toBeUndefined()
})

test('client-side apply leaves its memory, and takes away what Git drops', async () => {
  const { desired } = world
  const settings = { ...settingsOf('csa'), argocdCm: { 'application.sync.applyMethod': 'client-side' } }
  desired.assign('argocd/csa', [{ ...configMap('c'), data: { a: '1', b: '2' } }, role('csa')], settings, 'one')
  const made = await desired.until('argocd/csa', isSettled('one'))
  expect(made.operationState?.syncResult?.resources?.at(-1)?.message).toContain('reconciliation required create')
  desired.assign('argocd/csa', [{ ...configMap('c'), data: { a: '1' } }, role('csa')], settings, 'two')
  await desired.until('argocd/csa', isSettled('two'))
  const live = await world.get('/api/v1/namespaces/t-csa/configmaps/c')
  expect(live?.['data']).toEqual({ a: '1' })
  expect(live?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']).toContain('"data":{"a":"1"}')
})

test('what is paused is left alone, and taken up again where it is', async () => {
  const { desired, cluster, writes } = world
  const at = '/api/v1/namespaces/t-still/configmaps/s'
  desired.assign('argocd/still', [configMap('s'), configMap('other')], settingsOf('still'), 'one')
  await desired.until('argocd/still', isSettled('one'))
  desired.change('argocd/still', { paused: true })
  await cluster.request({ method: 'DELETE', path: at })
  // Another application that is healed in the meantime shows that there was time to.
  desired.assign('argocd/busy', [configMap('b')], settingsOf('busy'), 'one')
  await desired.until('argocd/busy', isSettled('one'))
  expect(writes.filter((line) => line.endsWith(at)).length).toBe(1)
  desired.change('argocd/still', { paused: false })
  await desired.until(
    'argocd/still',
    (report) => isSettled('one')(report) && report.operationState?.operation.sync?.autoHealAttemptsCount === 1,
  )
  expect(await world.get(at)).toBeDefined()
})

test('a deletion runs its hooks around the objects, step by step', async () => {
  const { desired, writes } = world
  const hook = (name: string, phase: string) => configMap(name, { 'argocd.argoproj.io/hook': phase })
  const objects = [configMap('o'), hook('before', 'PreDelete'), hook('after', 'PostDelete')]
  desired.assign('argocd/del', objects, settingsOf('del'), 'one')
  await desired.until('argocd/del', isSettled('one'))
  writes.length = 0
  const deletion = ['pre-delete', 'cascade', 'post-delete', 'pre-delete-cleanup', 'post-delete-cleanup'] as const
  desired.change('argocd/del', { cascade: 'background', deletion: [...deletion] })
  const report = await desired.until('argocd/del', ({ deleted }) => deleted === true)
  expect(report.deletionDone).toEqual(deletion)
  expect(writes.map((line) => line.replace('/api/v1/namespaces/t-del/', ''))).toEqual([
    'POST configmaps',
    expect.stringMatching(/^DELETE configmaps\/(o|before)$/),
    expect.stringMatching(/^DELETE configmaps\/(o|before)$/),
    'POST configmaps',
  ])
})

/** Has the application looked at again and again, as refreshes do. */
async function looks(application: string, from: number, to: number): Promise<void> {
  for (let refresh = from; refresh <= to; refresh++) {
    world.desired.change(application, { refresh })
    await world.desired.until(application, (report) => report.refresh === refresh)
  }
}

/** Applies an object as Argo CD's controller does: on the client's side, under its name, with its mark. */
async function asArgoCd(object: KubeObject, namespace: string, instance: string): Promise<void> {
  const [group = '', version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion]
  const id = `${instance}:${group}/${object.kind}:${namespace}/${object.metadata.name ?? ''}`
  const metadata = { ...object.metadata, namespace, annotations: { 'argocd.argoproj.io/tracking-id': id } }
  const applied = `${JSON.stringify({ ...object, metadata })}\n`
  const annotations = { ...metadata.annotations, 'kubectl.kubernetes.io/last-applied-configuration': applied }
  const root = group === '' ? `/api/${version ?? ''}` : `/apis/${group}/${version ?? ''}`
  await world.cluster.request({
    method: 'POST',
    path: `${root}/namespaces/${namespace}/${object.kind.toLowerCase()}s`,
    query: { fieldManager: 'argocd-controller' },
    body: { ...object, metadata: { ...metadata, annotations } },
  })
}

function settingsOf(instance: string, base: SyncSettings = automatedSettings): SyncSettings {
  return { ...base, instance, destination: { ...base.destination, namespace: `t-${instance}` } }
}

function isSettled(revision: string): (report: ApplicationReport) => boolean {
  return ({ revisions, sync, operationState }) =>
    revisions[0] === revision && sync === 'Synced' && operationState?.phase === 'Succeeded'
}

function named(apiVersion: string, kind: string, name: string): KubeObject {
  return { apiVersion, kind, metadata: { name } }
}

function deployment(name: string): KubeObject {
  const labels = { app: name }
  const spec = {
    containers: [{ name: 'main', image: 'registry.example/app:1', resources: { limits: { cpu: '0.5' } } }],
  }
  return {
    ...named('apps/v1', 'Deployment', name),
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}

function service(name: string): KubeObject {
  return { ...named('v1', 'Service', name), spec: { selector: { app: name }, ports: [{ port: 80 }] } }
}

function role(name: string): KubeObject {
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
  return { ...named('rbac.authorization.k8s.io/v1', 'Role', name), rules }
}
