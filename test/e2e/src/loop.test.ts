import { afterAll, beforeAll, expect, test } from 'vitest'
import { configMap, deployment, FleetWorld, isSettled, job, yaml } from './fleet-world.ts'

let fleet: FleetWorld
beforeAll(async () => {
  fleet = await FleetWorld.open()
})
afterAll(() => fleet[Symbol.asyncDispose]())

test('a commit is applied, drift heals, what Git drops is pruned, and then nothing is written any more (INV-19)', async () => {
  await fleet.app('loop', {
    'a.yaml': configMap('a', { v: '1' }),
    'b.yaml': configMap('b'),
    'd.yaml': deployment('web'),
  })
  await fleet.settled('loop')
  const commit = await fleet.world.git.commit('loop', { 'a.yaml': configMap('a', { v: '2' }), 'b.yaml': null })
  await fleet.settled('loop', commit)
  expect((await fleet.live('ConfigMap', 'loop', 'a'))?.['data']).toEqual({ v: '2' })
  expect(await fleet.live('ConfigMap', 'loop', 'b')).toBeUndefined()

  const { objects } = fleet.member().cluster
  const web = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'loop', name: 'web' }
  await objects.patch(web, { spec: { replicas: 0 } }, { type: 'merge' })
  await fleet.untilLive(
    ['Deployment', 'loop', 'web'],
    (live) => (live?.['spec'] as { replicas?: number } | undefined)?.replicas === 1,
  )
  const before = await objects.get(web)
  await objects.delete(web)
  await fleet.untilLive(
    ['Deployment', 'loop', 'web'],
    (live) => live !== undefined && live.metadata.uid !== before.metadata.uid,
  )

  await fleet.settled('loop', commit)
  const quiet = fleet.mark()
  // Ten looks by hand change nothing.
  for (let look = 0; look < 10; look++) {
    await fleet.patch('loop', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } })
    await fleet.until('loop', (app) => app.metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined)
  }
  expect(fleet.writes('c1', quiet)).toEqual([])
})

test.each([
  ['a file that does not parse', { 'a.yaml': 'kind: [' }],
  ['a path that is gone', { 'apps/a.yaml': null, 'apps/b.yaml': null }],
  ['files that hold nothing', { 'apps/a.yaml': '', 'apps/b.yaml': '' }],
])('F-34, INV-01: %s deletes nothing, and says why', async (what, files) => {
  const name = what.replaceAll(/[^a-z]+/g, '-')
  const broken = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path.replace(/^a\.yaml/, 'apps/a.yaml'), text]),
  )
  await fleet.app(
    name,
    { 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b'), 'README.md': 'x' },
    { path: 'apps' },
  )
  await fleet.settled(name)
  const mark = fleet.mark()
  const commit = await fleet.world.git.commit(name, broken)
  await fleet.until(
    name,
    ({ status }) =>
      (status?.conditions ?? []).some(({ type }) => /Error/.test(type)) || status?.sync?.revision === commit,
  )
  expect((await fleet.application(name))?.status?.conditions?.[0]?.message).toBeTruthy()
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
  expect(await fleet.live('ConfigMap', name, 'a')).toBeDefined()

  const repaired = await fleet.world.git.commit(name, {
    'apps/a.yaml': configMap('a', { again: 'yes' }),
    'apps/b.yaml': configMap('b'),
  })
  await fleet.settled(name, repaired)
  expect((await fleet.live('ConfigMap', name, 'a'))?.['data']).toEqual({ again: 'yes' })
})

test('waves wait for a Deployment that becomes ready late', async () => {
  await fleet.app('late', {
    '1.yaml': deployment('first', {
      image: 'registry.example.com/app:never-ready',
      annotations: { 'argocd.argoproj.io/sync-wave': '1' },
    }),
    '2.yaml': configMap('second', {}, { 'argocd.argoproj.io/sync-wave': '2' }),
  })
  await fleet.until('late', ({ status }) =>
    /waiting for healthy state of apps\/Deployment\/first/.test(status?.operationState?.message ?? ''),
  )
  expect(await fleet.live('ConfigMap', 'late', 'second')).toBeUndefined()
  // Its own doing: somebody gives it an image that works, as a registry that comes back would.
  const first = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'late', name: 'first' }
  const image = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example.com/app:2' }]
  await fleet.member().cluster.objects.patch(first, image, { type: 'json' })
  await fleet.untilLive(['ConfigMap', 'late', 'second'], (live) => live !== undefined)
})

test('INV-05: after a hook Job that fails nothing of later phases is written but SyncFail hooks', async () => {
  const hook = (phase: string) => ({ 'argocd.argoproj.io/hook': phase })
  await fleet.app(
    'hooks',
    {
      'a.yaml': configMap('a'),
      'pre.yaml': job('pre', hook('PreSync')),
      'sync.yaml': job('doomed', hook('Sync'), 'registry.example.com/job:crash'),
      'post.yaml': job('post', hook('PostSync')),
      'fail.yaml': job('fail', hook('SyncFail')),
    },
    { syncPolicy: { syncOptions: ['CreateNamespace=true'] } },
  )
  const mark = fleet.mark()
  await fleet.patch('hooks', { operation: { sync: { syncOptions: ['CreateNamespace=true'] } } })
  const app = await fleet.until('hooks', ({ status }) => status?.operationState?.phase === 'Failed')
  const jobs = fleet
    .writes('c1', mark)
    .filter(({ resource, verb, namespace }) => resource === 'jobs.batch' && verb !== 'delete' && namespace === 'hooks')
  const first = [...new Set(jobs.map(({ name }) => name))]
  expect(first).toEqual(['pre', 'doomed', 'fail'])
  expect(app.status?.operationState?.message).toContain('one or more synchronization tasks completed unsuccessfully')
  expect(await fleet.live('Job', 'hooks', 'post')).toBeUndefined()
})

test('PruneLast: what goes, goes after everything else is healthy', async () => {
  const last = { 'argocd.argoproj.io/sync-options': 'PruneLast=true' }
  await fleet.app('prune-last', { 'old.yaml': configMap('old', {}, last), 'd.yaml': deployment('web') })
  await fleet.settled('prune-last')
  const mark = fleet.mark()
  const commit = await fleet.world.git.commit('prune-last', {
    'old.yaml': null,
    'd.yaml': deployment('web', { image: 'registry.example.com/app:2' }),
    'new.yaml': configMap('new', {}, { 'argocd.argoproj.io/sync-wave': '3' }),
  })
  await fleet.settled('prune-last', commit)
  const order = fleet
    .writes('c1', mark)
    .filter(({ namespace }) => namespace === 'prune-last')
    .map(({ verb, name }) => `${verb} ${name}`)
  expect(order.at(-1)).toBe('delete old')
})

test('F-40: a definition and its object arrive in one sync', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boats.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Boat', plural: 'boats' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }
  await fleet.app('boats', {
    'a.yaml': yaml({ apiVersion: 'example.com/v1', kind: 'Boat', metadata: { name: 'one' }, spec: {} }, definition),
  })
  const app = await fleet.settled('boats')
  expect(app.status?.resources?.map(({ kind, status }) => [kind, status])).toEqual(
    expect.arrayContaining([
      ['Boat', 'Synced'],
      ['CustomResourceDefinition', 'Synced'],
    ]),
  )
})

test('F-39: a kind that somebody serves later is found, and the sync that waited for it goes on', async () => {
  await fleet.app(
    'ships',
    { 'a.yaml': yaml({ apiVersion: 'example.com/v1', kind: 'Ship', metadata: { name: 'one' }, spec: {} }) },
    {
      spec: {
        syncPolicy: {
          automated: {},
          retry: { limit: 5, backoff: { duration: '1s', factor: 1 } },
          syncOptions: ['CreateNamespace=true'],
        },
      },
    },
  )
  await fleet.until('ships', ({ status }) => /Retrying/.test(status?.operationState?.message ?? ''))
  await fleet
    .member()
    .cluster.objects.create({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'ships.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Ship', plural: 'ships' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    } as never)
  await fleet.settled('ships')
})

test('F-35: an immutable selector fails its object in clear words, and the rest of the wave goes on', async () => {
  await fleet.app('immutable', { 'd.yaml': deployment('web'), 'a.yaml': configMap('a') })
  await fleet.settled('immutable')
  const changed = deployment('web').replaceAll('"app":"web"', '"app":"other"')
  await fleet.world.git.commit('immutable', { 'd.yaml': changed, 'a.yaml': configMap('a', { v: '2' }) })
  const app = await fleet.until(
    'immutable',
    ({ status }) =>
      status?.operationState?.syncResult?.resources?.some(({ status: row }) => row === 'SyncFailed') ?? false,
  )
  const row = app.status?.operationState?.syncResult?.resources?.find(({ kind }) => kind === 'Deployment')
  expect(row?.message).toMatch(/^Deployment\.apps "web" is invalid: spec\.selector: .*field is immutable/)
  expect((await fleet.live('ConfigMap', 'immutable', 'a'))?.['data']).toEqual({ v: '2' })
})

test('N6: a sync that would prune most of a big application stops and asks, with the list', async () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`c${n}.yaml`, configMap(`c${n}`)]))
  await fleet.app('many', many)
  await fleet.settled('many')
  const mark = fleet.mark()
  const gone = Object.fromEntries(
    Object.keys(many)
      .slice(0, 25)
      .map((path) => [path, null]),
  )
  const commit = await fleet.world.git.commit('many', gone)
  const app = await fleet.until('many', ({ status }) =>
    /would delete 25 of 30 objects/.test(status?.operationState?.message ?? ''),
  )
  expect(app.status?.operationState?.message).toContain('c0')
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toEqual([])
  // Somebody agrees.
  await fleet.patch('many', {
    metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': new Date(Date.now() + 1000).toISOString() } },
  })
  await fleet.until('many', (now) => isSettled(now, commit))
  expect(fleet.writes('c1', mark).filter(({ verb }) => verb === 'delete')).toHaveLength(25)
})
