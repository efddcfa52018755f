import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { configMap, eventually, FleetWorld } from './fleet-world.ts'

/** What happens between a hub and its clusters. */
let fleet: FleetWorld
const configMaps = { group: '', version: 'v1', resource: 'configmaps' }
const drift = (namespace: string, name: string, cluster = 'c1') =>
  fleet
    .member(cluster)
    .cluster.objects.patch({ ...configMaps, namespace, name }, { data: { v: 'drift' } }, { type: 'merge' })
const has = (namespace: string, name: string, v: string, cluster = 'c1') =>
  fleet.untilLive(
    ['ConfigMap', namespace, name, cluster],
    (live) => (live?.['data'] as { v?: string } | undefined)?.v === v,
  )
const gone = (name: string) =>
  eventually(
    async () => (await fleet.application(name)) === undefined,
    () => `${name} is still there`,
  )

beforeAll(async () => {
  fleet = await FleetWorld.open({ clusters: { c1: { env: 'prod' }, c2: { env: 'prod' } } })
  await fleet.app('base', { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b', { v: '1' }) })
  await fleet.settled('base')
})
afterAll(() => fleet[Symbol.asyncDispose]())

function applicationSet(name: string, generator: object, source: object, server: object): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name, namespace: 'argocd' },
    spec: {
      generators: [generator],
      template: {
        metadata: { name: `${name}-{{name}}` },
        spec: {
          project: 'default',
          source: { targetRevision: 'main', ...source },
          destination: { namespace: name, ...server },
          syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
        },
      },
    },
  } as KubeObject
}
const createSet = (set: KubeObject) =>
  fleet.world.hub.objects.create({ ...resources.applicationSets, namespace: 'argocd' }, set)

test('a cluster that joins is filled; one whose label goes away loses its application', async () => {
  const repoURL = await fleet.world.git.create('fill', { 'a.yaml': configMap('a', { v: '1' }) })
  const prod = { clusters: { selector: { matchLabels: { env: 'prod' } } } }
  await createSet(applicationSet('fill', prod, { repoURL, path: '.' }, { name: '{{name}}' }))
  await Promise.all([fleet.settled('fill-c1'), fleet.settled('fill-c2')])
  await (await fleet.world.addCluster('c3', { env: 'prod' })).join()
  await fleet.settled('fill-c3')
  await has('fill', 'a', '1', 'c3')

  const secret = refOf(resources.secrets, 'argocd', 'cluster-c3')
  await fleet.world.hub.objects.patch(secret, { metadata: { labels: { env: 'dev' } } }, { type: 'merge' })
  await gone('fill-c3')
  expect(await fleet.live('ConfigMap', 'fill', 'a', 'c3')).toBeUndefined()
  await fleet.settled('fill-c1')
})

test('T-48, F-34: a generator that fails, or finds nothing any more, deletes nothing', async () => {
  const repoURL = await fleet.world.git.create('dirs', {
    'apps/one/a.yaml': configMap('one'),
    'apps/two/a.yaml': configMap('two'),
  })
  const set = applicationSet(
    'dirs',
    { git: { repoURL, revision: 'main', directories: [{ path: 'apps/*' }] } },
    { repoURL, path: '{{path}}' },
    { name: 'c1' },
  )
  ;(set['spec'] as { template: { metadata: { name: string } } }).template.metadata.name = 'dirs-{{path.basename}}'
  await createSet(set)
  await Promise.all([fleet.settled('dirs-one'), fleet.settled('dirs-two')])
  const ref = refOf(resources.applicationSets, 'argocd', 'dirs')
  const refresh = () =>
    fleet.world.hub.objects.patch(
      ref,
      { metadata: { annotations: { 'argocd.argoproj.io/application-set-refresh': 'true' } } },
      { type: 'merge' },
    )
  const condition = async (type: string) =>
    (
      ((await fleet.world.hub.objects.get(ref))['status'] ?? {}) as {
        conditions?: { type: string; status: string; message: string }[]
      }
    ).conditions?.find((each) => each.type === type && each.status === 'True')

  await fleet.world.git.commit('dirs', { 'apps/one/a.yaml': configMap('one', { v: '2' }) })
  fleet.world.git.down = true
  await refresh()
  await eventually(
    async () => (await condition('ErrorOccurred')) !== undefined,
    () => 'no error',
  )
  fleet.world.git.down = false
  expect(await fleet.application('dirs-two')).toBeDefined()

  const mark = fleet.mark()
  await fleet.world.git.commit('dirs', { 'apps/one/a.yaml': null, 'apps/two/a.yaml': null, 'README.md': 'empty' })
  await refresh()
  await eventually(
    async () => /nothing|empty|no applications|delete/i.test((await condition('ErrorOccurred'))?.message ?? ''),
    () => 'the set does not say why',
  )
  expect((await fleet.application('dirs-one'))?.metadata.deletionTimestamp).toBeUndefined()
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
})

test('F-10, INV-02: with the link cut the agent heals from its cache, the hub says unknown; then only the latest commit is applied', async () => {
  const { link } = fleet.member()
  const mark = fleet.mark()
  link.cut()
  await drift('base', 'a')
  await has('base', 'a', '1')
  const skipped = await fleet.world.git.commit('base', { 'a.yaml': configMap('a', { v: '2' }) })
  const latest = await fleet.world.git.commit('base', { 'a.yaml': configMap('a', { v: '3' }) })
  await fleet.until(
    'base',
    ({ status }) =>
      status?.health?.status === 'Unknown' &&
      (status.conditions ?? []).some(({ message }) => /unknown since/.test(message)),
    20_000,
  )
  link.restore()
  const app = await fleet.settled('base', latest)
  await has('base', 'a', '3')
  expect(app.status?.conditions ?? []).toEqual([])
  expect(app.status?.history?.map(({ revision }) => revision)).not.toContain(skipped)
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
})

test('F-11, INV-08: an unchanged agent comes back without a message per application', async () => {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`${n}/a.yaml`, configMap(`n${n}`)]))
  await fleet.world.git.create('quiet', files)
  const { objects } = fleet.world.hub
  const names = Array.from({ length: 30 }, (_, n) => `quiet-${n}`)
  for (const [n, name] of names.entries()) {
    const source = { repoURL: `${fleet.world.git.url}/quiet.git`, path: String(n), targetRevision: 'main' }
    await fleet.create(name, { cluster: 'c2', namespace: 'default', spec: { source } })
  }
  await Promise.all(names.map((name) => fleet.settled(name)))
  const stamps = async () =>
    (await objects.list({ ...resources.applications, namespace: 'argocd' })).items.map(
      ({ metadata }) => metadata.resourceVersion,
    )
  // Whatever the two had to tell each other has been told after a question and its answer.
  const talk = () => fleet.world.hub.fleet.query('c2', { type: 'cluster-info' })
  await talk()
  const before = await stamps()
  const { link, agent } = fleet.member('c2')
  link.cut()
  await eventually(
    () => !agent?.channel().connected,
    () => 'still connected',
  )
  const bytes = link.bytes
  link.restore()
  await eventually(
    () => agent?.channel().connected === true,
    () => 'not connected',
  )
  await talk()
  expect(link.bytes - bytes).toBeLessThan(10_000)
  expect(await stamps()).toEqual(before)
})

test('T-02: a revoked agent is cut within five seconds, and what it keeps stays as it is', async () => {
  await (await fleet.world.addCluster('c4')).join()
  await fleet.app('kept', { 'a.yaml': configMap('a', { v: '1' }) }, { cluster: 'c4' })
  await fleet.settled('kept')
  const began = Date.now()
  await fleet.world.hub.fleet.revoke('c4')
  await eventually(
    () => fleet.member('c4').agent?.channel().connected === false,
    () => 'still connected',
    5_000,
  )
  expect(Date.now() - began).toBeLessThan(5_000)
  await drift('kept', 'a', 'c4')
  await has('kept', 'a', '1', 'c4')
})

test('F-43: a cluster that is removed while its agent is away keeps what it has', async () => {
  await (await fleet.world.addCluster('c5')).join()
  await fleet.app('left', { 'a.yaml': configMap('a', { v: '1' }) }, { cluster: 'c5' })
  await fleet.settled('left')
  const mark = fleet.mark('c5')
  fleet.member('c5').link.cut()
  await fleet.world.hub.fleet.forget('c5')
  fleet.member('c5').link.restore()
  await eventually(
    () => fleet.member('c5').link.connections > 1,
    () => 'the agent did not try to come back',
  )
  await drift('left', 'a', 'c5')
  await has('left', 'a', '1', 'c5')
  expect(fleet.writes('c5', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
})

test('F-23, INV-07: a hub restored from an older backup prunes nothing and turns nothing back', async () => {
  const data = join(fleet.dir, 'hub')
  const backup = join(fleet.dir, 'backup')
  await fleet.app('restored', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.settled('restored')
  await fleet.world.stopHub()
  await cp(data, backup, { recursive: true })
  await fleet.world.startHub()
  await fleet.app('younger', { 'a.yaml': configMap('a', { v: '1' }) })
  const commit = await fleet.world.git.commit('restored', {
    'a.yaml': configMap('a', { v: '2' }),
    'b.yaml': configMap('b', { v: '2' }),
  })
  await Promise.all([fleet.settled('restored', commit), fleet.settled('younger')])

  const mark = fleet.mark()
  await fleet.world.stopHub()
  await rm(data, { recursive: true })
  await cp(backup, data, { recursive: true })
  fleet.world.git.down = true
  await fleet.world.startHub()
  await eventually(
    () => fleet.world.hub.fleet.connected('c1'),
    () => 'not connected',
  )
  await fleet.world.hub.fleet.query('c1', { type: 'cluster-info' })
  await fleet.until('restored', ({ status }) => (status?.conditions ?? []).length > 0)
  expect(await fleet.live('ConfigMap', 'restored', 'b')).toBeDefined()
  fleet.world.git.down = false
  await fleet.patch('restored', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
  await fleet.settled('restored', commit)
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
  await has('restored', 'a', '2')
  await has('younger', 'a', '1')
}, 60_000)
