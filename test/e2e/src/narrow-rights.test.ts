import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAgent, type Agent } from '@flotilla/agent/agent'
import { connectionFromKubeconfig } from '@flotilla/agent/cluster/auth'
import { engineOn } from '@flotilla/agent/cluster-engine'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configMap, eventually, FleetWorld, isSettled, yaml } from './fleet-world.ts'

/** H-08: an agent that may do little in a few namespaces does that, and says what it may not. */
let fleet: FleetWorld
let agent: Agent
const cluster = () => fleet.member().cluster
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' }
const everything = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']
const inPlace = { automated: { prune: true, selfHeal: true } }

/** Lets the agent do something in a namespace; another word takes the place of the first. */
async function allow(namespace: string, ...resources: string[]): Promise<void> {
  const make = async (resource: string, object: object) => {
    const at = { ...rbac, resource, namespace }
    await cluster()
      .objects.delete({ ...at, name: 'agent' })
      .catch(() => undefined)
    await cluster().objects.create(at, object as KubeObject)
  }
  const metadata = { name: 'agent', namespace }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const rules = [{ apiGroups: ['', 'apps'], resources, verbs: everything }]
  await make('roles', { apiVersion, kind: 'Role', metadata, rules })
  const roleRef = { apiGroup: rbac.group, kind: 'Role', name: 'agent' }
  const subjects = [{ kind: 'User', apiGroup: rbac.group, name: 'narrow' }]
  await make('rolebindings', { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects })
}

beforeAll(async () => {
  const tokens = new Map([['narrow-token', { user: 'narrow', groups: ['system:authenticated'] }]])
  fleet = await FleetWorld.open({ tokens })
  await fleet.member().leave()
  const { token } = await fleet.world.hub.fleet.addCluster('c1', { replace: true })
  for (const name of ['team-a', 'team-b', 'team-c']) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await cluster().objects.create({ group: '', version: 'v1', resource: 'namespaces' }, namespace)
  }
  await allow('team-a', 'configmaps', 'deployments', 'replicasets', 'pods')
  await allow('team-b', 'configmaps')
  const kubeconfig = join(fleet.dir, 'narrow.kubeconfig')
  await writeFile(kubeconfig, cluster().kubeconfig.replace(/"token": "[^"]*"/, '"token": "narrow-token"'))
  agent = await createAgent({
    ...engineOn(await connectionFromKubeconfig(kubeconfig, { allowExec: false })),
    hub: fleet.world.hub.url,
    token,
    state: join(fleet.dir, 'narrow'),
    clock: { now: () => realClock.now(), after: (ms, run) => realClock.after(ms > 100 ? ms / 5 : ms, run) },
    random: { ...realRandom, next: () => 0.02 },
    log: silentLog(),
  })
})
afterAll(async () => {
  await agent?.close()
  await fleet[Symbol.asyncDispose]()
})

test('H-08: it heals and prunes where it may, though it may list nothing in the whole cluster', async () => {
  await fleet.app(
    'a',
    { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b') },
    { namespace: 'team-a', syncPolicy: { ...inPlace, syncOptions: ['CreateNamespace=true'] } },
  )
  await fleet.settled('a')
  const a = { group: '', version: 'v1', resource: 'configmaps', namespace: 'team-a', name: 'a' }
  await cluster().objects.delete(a)
  await fleet.untilLive(['ConfigMap', 'team-a', 'a'], (live) => live !== undefined)
  await fleet.settled('a', await fleet.world.git.commit('a', { 'b.yaml': null }))
  expect(await fleet.live('ConfigMap', 'team-a', 'b')).toBeUndefined()
})

test('H-08, F-33: what it may not see is Unknown, with the reason; what it may is synced', async () => {
  const secret = yaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } })
  await fleet.app('b', { 'a.yaml': configMap('a'), 's.yaml': secret }, { namespace: 'team-b', syncPolicy: inPlace })
  await fleet.app('c', { 'a.yaml': configMap('a') }, { namespace: 'team-c', syncPolicy: inPlace })
  await fleet.untilLive(['ConfigMap', 'team-b', 'a'], (live) => live !== undefined)
  for (const [name, kind] of [
    ['b', 'Secret'],
    ['c', 'ConfigMap'],
  ] as const) {
    const app = await fleet.until(name, ({ status }) => status?.sync?.status === 'Unknown')
    expect(app.status?.conditions?.[0]?.message).toMatch(
      new RegExp(`^Failed to load live state: .* resource ${kind}: .*forbidden.* in the namespace "team-${name}"`),
    )
  }
  expect(isSettled((await fleet.application('a'))!)).toBe(true)
  const { facts } = fleet.world.hub.fleet.presence('c1')
  expect(facts?.unseen?.map(([kind]) => kind)).toEqual(expect.arrayContaining(['/ConfigMap@team-c', '/Secret@team-b']))
})

test('H-08: rights that come are used, without a restart', async () => {
  await allow('team-c', 'configmaps')
  await fleet.settled('c', undefined, 40_000)
})

test('H-08, INV-01: rights that go delete nothing; what Git drops meanwhile is pruned when they are back', async () => {
  const mark = fleet.mark()
  await allow('team-a', 'deployments', 'replicasets', 'pods')
  cluster().cutWatches()
  await fleet.until('a', ({ status }) => status?.sync?.status === 'Unknown')
  const commit = await fleet.world.git.commit('a', {
    'a.yaml': null,
    'd.yaml': yaml({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'd' } },
        template: { metadata: { labels: { a: 'd' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    }),
  })
  await fleet.untilLive(['Deployment', 'team-a', 'd'], (live) => live !== undefined)
  const app = await fleet.until('a', ({ status }) => status?.sync?.revision === commit)
  expect(app.status?.sync?.status).toBe('Unknown')
  expect(fleet.writes('c1', mark).filter(({ verb, user }) => verb === 'delete' && user === 'narrow')).toEqual([])
  await allow('team-a', 'configmaps', 'deployments', 'replicasets', 'pods')
  await fleet.untilLive(['ConfigMap', 'team-a', 'a'], (live) => live === undefined, 40_000)
  await eventually(
    async () => isSettled((await fleet.application('a'))!, commit),
    () => 'a is not settled',
  )
})
