import { afterAll, beforeAll, expect, test } from 'vitest'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { configMap, deployment, eventually, FleetWorld, kinds, yaml } from './fleet-world.ts'

/** Big numbers, and clusters that another has kept until now. */
let fleet: FleetWorld
beforeAll(async () => {
  fleet = await FleetWorld.open()
})
afterAll(() => fleet[Symbol.asyncDispose]())

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
}

/** As Argo CD leaves it: applied client-side, with its mark. */
async function leftByArgo(app: string, text: string, plural: keyof typeof kinds): Promise<void> {
  const object = JSON.parse(text) as KubeObject
  const { kind } = object
  const group = kind === 'Deployment' ? 'apps' : ''
  const { name = '' } = object.metadata
  const tracked = {
    ...object,
    metadata: {
      ...object.metadata,
      namespace: app,
      annotations: {
        ...object.metadata.annotations,
        'argocd.argoproj.io/tracking-id': `${app}:${group}/${kind}:${app}/${name}`,
      },
    },
  }
  const annotations = {
    ...tracked.metadata.annotations,
    'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(tracked)}\n`,
  }
  await fleet
    .member()
    .cluster.objects.create(
      { ...kinds[plural], namespace: app },
      { ...tracked, metadata: { ...tracked.metadata, annotations } },
      { fieldManager: 'argocd-controller' },
    )
}

test('a cluster that Argo CD managed is taken over without one write', async () => {
  const { objects } = fleet.member().cluster
  await objects.create(kinds.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'moved' } })
  const files = {
    'a.yaml': configMap('a', { v: '1' }),
    'd.yaml': deployment('web', { replicas: 2 }),
    's.yaml': yaml(service),
  }
  await leftByArgo('moved', files['a.yaml'], 'ConfigMap')
  await leftByArgo('moved', files['d.yaml'], 'Deployment')
  await leftByArgo('moved', files['s.yaml'], 'Service')
  const mark = fleet.mark()
  await fleet.app('moved', files)
  const app = await fleet.until(
    'moved',
    ({ status }) => status?.sync?.status === 'Synced' && status.health?.status === 'Healthy',
  )
  expect(app.status?.operationState).toBeUndefined()
  await fleet.patch('moved', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
  await fleet.until('moved', ({ metadata }) => metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined)
  expect(fleet.writes('c1', mark)).toEqual([])

  // And what is changed then is owned as before: nothing of it is left behind.
  const commit = await fleet.world.git.commit('moved', { 'a.yaml': configMap('a', { w: '2' }) })
  await fleet.settled('moved', commit)
  expect((await fleet.live('ConfigMap', 'moved', 'a'))?.['data']).toEqual({ w: '2' })
})

test('objects of another application, or of nobody, are not pruned (T-52)', async () => {
  const { objects } = fleet.member().cluster
  await fleet.app('mine', { 'a.yaml': configMap('a') })
  await fleet.settled('mine')
  const create = (name: string, annotations: Record<string, string>) =>
    objects.create(
      { ...kinds.ConfigMap, namespace: 'mine' },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations } },
    )
  await create('nobody', {})
  await create('theirs', { 'argocd.argoproj.io/tracking-id': 'theirs:/ConfigMap:mine/theirs' })
  // A copy that carries our mark of another object, as tools that clone objects leave it.
  await create('copy', { 'argocd.argoproj.io/tracking-id': 'mine:/ConfigMap:mine/a' })
  const commit = await fleet.world.git.commit('mine', { 'a.yaml': configMap('a', { v: '2' }) })
  await fleet.settled('mine', commit)
  const ref = refOf(resources.applications, 'argocd', 'mine')
  await fleet.world.hub.objects.patch(
    ref,
    { metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io'] } },
    { type: 'merge' },
  )
  await fleet.world.hub.objects.delete(ref)
  await eventually(
    async () => (await fleet.application('mine')) === undefined,
    () => 'still there',
  )
  for (const name of ['nobody', 'theirs', 'copy']) expect(await fleet.live('ConfigMap', 'mine', name)).toBeDefined()
  expect(await fleet.live('ConfigMap', 'mine', 'a')).toBeUndefined()
})

test('a drift storm of 500 objects is healed', async () => {
  const { objects } = fleet.member().cluster
  const names = Array.from({ length: 500 }, (_, n) => `c${n}`)
  await fleet.app('storm', {
    'all.yaml': yaml(
      ...names.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { v: '1' } })),
    ),
  })
  await fleet.settled('storm', undefined, 30_000)
  const began = Date.now()
  await Promise.all(
    names.map((name, n) => {
      const ref = { ...kinds.ConfigMap, namespace: 'storm', name }
      return n % 2 === 0 ? objects.patch(ref, { data: { v: 'drift' } }, { type: 'merge' }) : objects.delete(ref)
    }),
  )
  const whole = async () => {
    const { items } = await objects.list({ ...kinds.ConfigMap, namespace: 'storm' })
    return items.filter((item) => (item['data'] as { v?: string } | undefined)?.v === '1').length >= 500
  }
  await eventually(whole, () => 'not healed', 30_000)
  process.stdout.write(`500 objects healed in ${Date.now() - began} ms\n`)
})
