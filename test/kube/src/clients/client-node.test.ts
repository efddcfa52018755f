import { PassThrough, Readable } from 'node:stream'
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  PatchStrategy,
  Watch,
  makeInformer,
  type KubernetesObject,
  type V1ConfigMap,
  type V1Status,
} from '@kubernetes/client-node'
import { MemoryStore } from '@flotilla/shared/apiserver/memory-store'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createCluster, type Cluster, type ClusterOptions } from '../cluster.ts'
import { podTemplate } from '../testing/test-cluster.ts'

const token = 'client-token'
const tokens = new Map([[token, { user: 'client', groups: ['system:masters', 'system:authenticated'] }]])

/** What the cluster holds outlives its server. */
const store = new MemoryStore()
let cluster: Cluster
let config: KubeConfig

const start = (more: Partial<ClusterOptions> = {}): Promise<Cluster> => {
  const pace = { startMs: 10, runMs: 50, stopMs: 10 }
  return createCluster({ clock: realClock, random: realRandom, nodes: 1, pace, tokens, store, ...more })
}

beforeAll(async () => {
  cluster = await start()
  config = new KubeConfig()
  config.loadFromClusterAndUser(
    // Another start of the cluster has another certificate.
    { name: 'kube', server: cluster.url, skipTLSVerify: true },
    { name: 'client', token },
  )
})
afterAll(() => cluster.close())

const until = (check: () => unknown): Promise<unknown> => vi.waitUntil(check, { timeout: 15_000, interval: 20 })

function configMap(name: string, data: Record<string, string> = {}): V1ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }
}

test('typed APIs create, read, list, patch and delete', async () => {
  const core = config.makeApiClient(CoreV1Api)
  await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('typed', { a: '1' }) })
  const read = await core.readNamespacedConfigMap({ namespace: 'default', name: 'typed' })
  expect(read.data).toEqual({ a: '1' })
  const { metadata } = read
  const changed = (a: string): V1ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata ?? {},
    data: { a },
  })
  await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'typed', body: changed('2') })
  await expect(
    core.replaceNamespacedConfigMap({ namespace: 'default', name: 'typed', body: changed('3') }),
  ).rejects.toMatchObject({ code: 409 })
  const { items } = await core.listNamespacedConfigMap({ namespace: 'default', fieldSelector: 'metadata.name=typed' })
  expect(items.map(({ data }) => data)).toEqual([{ a: '2' }])
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'typed' })
  await expect(core.readNamespacedConfigMap({ namespace: 'default', name: 'typed' })).rejects.toMatchObject({
    code: 404,
  })
})

test('objects of any kind are applied from the server side', async () => {
  const api = KubernetesObjectApi.makeApiClient(config)
  const deployment: KubernetesObject & { spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'any', namespace: 'default' },
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: podTemplate('app:1') },
  }
  const apply = (): Promise<unknown> =>
    api.patch(deployment, undefined, undefined, 'tests', true, PatchStrategy.ServerSideApply)
  await apply()
  await apply()
  const apps = config.makeApiClient(AppsV1Api)
  await until(async () => {
    const { status } = await apps.readNamespacedDeployment({ namespace: 'default', name: 'any' })
    return status?.readyReplicas === 1
  })
  await api.delete(deployment)
})

test('a watch tells what changes', async () => {
  const seen: string[] = []
  const watch = new Watch(config)
  const core = config.makeApiClient(CoreV1Api)
  const { metadata } = await core.listNamespacedConfigMap({ namespace: 'default' })
  const stop = await watch.watch(
    '/api/v1/namespaces/default/configmaps',
    { resourceVersion: metadata?.resourceVersion },
    (type, object: KubernetesObject) => void seen.push(`${type} ${object.metadata?.name}`),
    () => {},
  )
  await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('watched') })
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'watched' })
  await until(() => seen.length === 2)
  expect(seen).toEqual(['ADDED watched', 'DELETED watched'])
  stop.abort()
})

test('an informer outlives cut watches, forgotten history and a new start of the server', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const create = (name: string): Promise<unknown> =>
    core.createNamespacedConfigMap({ namespace: 'default', body: configMap(name) })
  const informer = makeInformer<V1ConfigMap>(config, '/api/v1/namespaces/default/configmaps', () =>
    core.listNamespacedConfigMap({ namespace: 'default' }),
  )
  let failures = 0
  informer.on('error', () => {
    failures += 1
    realClock.after(20, () => void informer.start())
  })
  const knows = (name: string): boolean => informer.get(name, 'default') !== undefined
  await informer.start()
  await create('first')
  await until(() => knows('first'))

  const heal = cluster.faults.add({
    match: { verb: 'watch', resource: 'configmaps' },
    effect: { kind: 'gone' },
    times: 2,
  })
  cluster.cutConnections()
  await create('second')
  await until(() => knows('second'))
  heal()

  const port = Number(new URL(cluster.url).port)
  await cluster.close()
  cluster = await start({ port })
  await create('third')
  await until(() => knows('third'))
  expect(knows('first')).toBe(true)
  expect(failures).toBeGreaterThan(0)
  await informer.stop()
})

test('logs are followed, and commands run', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const script = 'echo one; sleep 1; echo two'
  const body = {
    ...podTemplate('busybox:1', { restartPolicy: 'Never' }, { command: ['sh', '-c', script] }),
    metadata: { name: 'logged' },
  }
  await core.createNamespacedPod({ namespace: 'default', body: body as object })
  const phase = async (): Promise<string | undefined> =>
    (await core.readNamespacedPod({ namespace: 'default', name: 'logged' })).status?.phase
  await until(async () => (await phase()) === 'Running')
  const lines = new PassThrough()
  let text = ''
  lines.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const exec = new Exec(config)
  const [out, err] = [new PassThrough(), new PassThrough()]
  const status = await new Promise<V1Status>((resolve, reject) => {
    const input = Readable.from(['echo from the shell\n', 'exit 9\n'])
    exec.exec('default', 'logged', 'main', ['sh'], out, err, input, false, resolve).catch(reject)
  })
  expect(status).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ message: '9' }] },
  })
  expect(String(out.read())).toBe('from the shell\n')
  await new Log(config).log('default', 'logged', 'main', lines, { follow: true })
  await until(() => text === 'one\ntwo\n')
})
