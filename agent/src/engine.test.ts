import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createCluster, type Cluster as Kube } from '@flotilla/test-kube/cluster'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectionFromKubeconfig } from './cluster/auth.ts'
import { createClusterClient, type Cluster } from './cluster/client.ts'
import { createSyncEngine, type SyncEngine } from './engine.ts'
import { createPolicy } from './policy.ts'
import { automatedSettings } from './testing/engine-world.ts'
import { MemoryDesired } from './testing/memory-desired.ts'

const desired = new MemoryDesired()
const application = 'argocd/a'
const writes: string[] = []
let folder: string
let kube: Kube
let cluster: Cluster
let engine: SyncEngine

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'flotilla-engine-'))
  kube = await createCluster({ clock: realClock, random: realRandom })
  await writeFile(path.join(folder, 'kubeconfig'), kube.kubeconfig)
  const connection = await connectionFromKubeconfig(path.join(folder, 'kubeconfig'), { allowExec: false })
  cluster = createClusterClient({ connection, clock: realClock, random: realRandom })
  const counted: Cluster = {
    ...cluster,
    request(request) {
      if (request.method !== 'GET') writes.push(`${request.method} ${request.path}`)
      return cluster.request(request)
    },
  }
  const rest = { clock: realClock, random: realRandom, log: silentLog(), policy: createPolicy() }
  engine = createSyncEngine({ cluster: counted, desired, reports: desired, ...rest })
  engine.start()
})

afterAll(async () => {
  await engine?.stop()
  await cluster?.close()
  await kube?.close()
  await rm(folder, { recursive: true })
})

test('creates the namespace, runs the hook first, applies in waves', async () => {
  const hook = configMap('hook', { 'argocd.argoproj.io/hook': 'PreSync' })
  const late = configMap('late', { 'argocd.argoproj.io/sync-wave': '1' })
  desired.assign(application, [late, configMap('early'), hook], automatedSettings, 'one')
  const report = await desired.until(application, isSettled('one'))
  expect(writes).toEqual([
    'PATCH /api/v1/namespaces/t',
    'PATCH /api/v1/namespaces/t/configmaps/hook',
    expect.stringContaining('/configmaps/hook'),
    'PATCH /api/v1/namespaces/t/configmaps/early',
    'PATCH /api/v1/namespaces/t/configmaps/late',
  ])
  expect(report.operationState?.message).toBe('successfully synced (all tasks run)')
})

test('heals what is changed by hand with one request', async () => {
  writes.length = 0
  const patch = { method: 'PATCH', contentType: 'application/merge-patch+json' } as const
  await cluster.request({ ...patch, path: '/api/v1/namespaces/t/configmaps/early', body: { data: { key: 'drift' } } })
  await desired.until(application, (report) => {
    return isSettled('one')(report) && report.operationState?.operation.sync?.autoHealAttemptsCount === 1
  })
  expect(writes).toEqual(['PATCH /api/v1/namespaces/t/configmaps/early'])
})

test('prunes what Git drops, and deletes everything with the application', async () => {
  desired.assign(application, [configMap('early')], automatedSettings, 'two')
  await desired.until(application, isSettled('two'))
  desired.change(application, { cascade: 'background' })
  await desired.until(application, (report) => report.deleted === true)
  await expect(cluster.request({ method: 'GET', path: '/api/v1/namespaces/t/configmaps/early' })).rejects.toThrow(
    'not found',
  )
})

function isSettled(revision: string): (report: ApplicationReport) => boolean {
  return ({ revisions, sync, operationState }) =>
    revisions[0] === revision && sync === 'Synced' && operationState?.phase === 'Succeeded'
}

function configMap(name: string, annotations: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data: { key: 'value' } }
}

test('an object that Git has in another version than the one watched is compared in that version', async () => {
  const scaler = (apiVersion: string, spec: Record<string, unknown>): KubeObject => ({
    apiVersion,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, ...spec },
  })
  const target = { averageUtilization: 50, type: 'Utilization' }
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
  const settings = { ...automatedSettings, instance: 'versions', destination: { server: 's', namespace: 'versions' } }
  desired.assign('argocd/versions', [scaler('autoscaling/v1', { targetCPUUtilizationPercentage: 50 })], settings, 'one')
  await desired.until('argocd/versions', isSettled('one'))
  // Of two the last one counts.
  const twice = [
    scaler('autoscaling/v2', { metrics }),
    scaler('autoscaling/v1', { targetCPUUtilizationPercentage: 50 }),
  ]
  desired.assign('argocd/versions', twice, settings, 'one and two')
  await desired.until('argocd/versions', isSettled('one and two'))
  const byHand = { ...settings, syncPolicy: {} }
  desired.assign('argocd/versions', [scaler('autoscaling/v2', { metrics })], byHand, 'two')
  const report = await desired.until('argocd/versions', ({ revisions }) => revisions[0] === 'two')
  expect(report.resources.map(({ version, status }) => [version, status])).toEqual([['v2', 'Synced']])
})
