import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { configMap, eventually, FleetWorld } from './fleet-world.ts'

/** What a Kubernetes API can do to an agent. */
let fleet: FleetWorld
const configMaps = { group: '', version: 'v1', resource: 'configmaps' }
const cluster = () => fleet.member().cluster
const deletes = (mark: number) => fleet.writes('c1', mark).filter(({ verb }) => verb.startsWith('delete'))
let value = 1
/** Changes by hand what a commit of its own has just brought: self-heal is slow where it heals the same again and again. */
async function drift(before: () => void = () => undefined): Promise<string> {
  const v = String(++value)
  const commit = await fleet.world.git.commit('base', { 'a.yaml': configMap('a', { v }) })
  await fleet.settled('base', commit)
  before()
  const a = { ...configMaps, namespace: 'base', name: 'a' }
  await cluster().objects.patch(a, { data: { v: 'drift' } }, { type: 'merge' })
  return v
}
const healed = (namespace: string, name: string, v: string, withinMs?: number) =>
  fleet.untilLive(
    ['ConfigMap', namespace, name],
    (live) => (live?.['data'] as { v?: string } | undefined)?.v === v,
    withinMs,
  )

beforeAll(async () => {
  fleet = await FleetWorld.open()
  await fleet.app('base', { 'a.yaml': configMap('a', { v: '1' }), 'b.yaml': configMap('b', { v: '1' }) })
  await fleet.settled('base')
})
afterAll(() => fleet[Symbol.asyncDispose]())
afterEach(() => cluster().faults.clear())

test('F-33, INV-01: lists that are empty or short delete nothing and prune nothing', async () => {
  const mark = fleet.mark()
  cluster().faults.add({
    match: { verb: 'list', resource: 'configmaps' },
    effect: { kind: 'partial', items: 0 },
    times: 1,
  })
  cluster().faults.add({ match: { verb: 'watch', resource: 'configmaps' }, effect: { kind: 'gone' }, times: 1 })
  cluster().cutWatches()
  const lists = () =>
    cluster()
      .requests.slice(mark)
      .filter(({ verb, resource }) => verb === 'list' && resource === 'configmaps').length
  await eventually(
    () => lists() >= 1,
    () => `${lists()} lists`,
  )
  // Meanwhile Git drops one: it may be pruned only once the list is whole again.
  const commit = await fleet.world.git.commit('base', { 'b.yaml': null })
  await fleet.settled('base', commit, 20_000)
  await fleet.untilLive(['ConfigMap', 'base', 'b'], (live) => live === undefined)
  expect(deletes(mark).map(({ name }) => name)).toEqual(['b'])
  expect(await fleet.live('ConfigMap', 'base', 'a')).toBeDefined()
})

test('F-33: a restarted agent that lists nothing deletes nothing', async () => {
  const mark = fleet.mark()
  await fleet.member().leave()
  cluster().faults.add({ match: { verb: 'list' }, effect: { kind: 'partial', items: 0 }, times: 200 })
  await fleet.member().join()
  const searched = () =>
    cluster()
      .requests.slice(mark)
      .some(({ verb, resource }) => verb === 'list' && resource === 'configmaps')
  await eventually(searched, () => 'no list')
  cluster().faults.clear()
  cluster().cutWatches()
  await fleet.settled('base')
  await healed('base', 'a', await drift())
  expect(deletes(mark)).toEqual([])
})

test('F-33: while a kind may not be listed nothing of it is pruned, and the reason is told', async () => {
  await fleet.app('forbidden', { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') })
  await fleet.settled('forbidden')
  const mark = fleet.mark()
  cluster().faults.add({ match: { verb: 'list', resource: 'configmaps' }, effect: { kind: 'deny' } })
  cluster().faults.add({ match: { verb: 'watch', resource: 'configmaps' }, effect: { kind: 'gone' } })
  cluster().cutWatches()
  const refused = () =>
    cluster()
      .requests.slice(mark)
      .some(({ verb, resource, status }) => verb === 'list' && resource === 'configmaps' && status === 403)
  await eventually(refused, () => 'no refused list')
  const commit = await fleet.world.git.commit('forbidden', { 'b.yaml': null })
  await fleet.until('forbidden', ({ status }) => status?.sync?.revision === commit)
  expect(deletes(mark)).toEqual([])
  cluster().faults.clear()
  await fleet.untilLive(['ConfigMap', 'forbidden', 'b'], (live) => live === undefined, 20_000)
})

test('F-32: a storm of 410 ends in one view, without a hot loop', async () => {
  const mark = fleet.mark()
  const began = Date.now()
  cluster().faults.add({ match: { verb: 'watch', resource: 'configmaps' }, effect: { kind: 'gone' }, times: 3 })
  const v = await drift(() => cluster().cutWatches())
  await healed('base', 'a', v)
  const lists = cluster()
    .requests.slice(mark)
    .filter(({ verb, resource }) => verb === 'list' && resource === 'configmaps')
  expect(lists.length).toBeLessThanOrEqual(2 + (Date.now() - began) / 400)
})

test.each([
  ['garbage between events', { kind: 'garbage', text: '{"type":"MODI' } as const],
  ['a reset in the middle of a line', { kind: 'reset', afterBytes: 10 } as const],
  ['a refusal', { kind: 'error', code: 500 } as const],
])('F-31: a watch that ends in %s loses nothing', async (_, effect) => {
  cluster().faults.add({ match: { verb: 'watch', resource: 'configmaps' }, effect, times: 1 })
  const v = await drift(() => cluster().cutWatches())
  await healed('base', 'a', v)
})

test.each([
  ['429 with Retry-After', { kind: 'error', code: 429, retryAfterSeconds: 0 } as const],
  ['503', { kind: 'error', code: 503 } as const],
  ['500', { kind: 'error', code: 500 } as const],
  ['a reset', { kind: 'reset' } as const],
  ['409', { kind: 'conflict' } as const],
])('F-30, F-35: writes that meet %s twice arrive', async (what, effect) => {
  const name = `w-${what.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
  cluster().faults.add({ match: { verb: 'patch', resource: 'configmaps', namespace: name }, effect, times: 2 })
  await fleet.app(
    name,
    { 'a.yaml': configMap('a') },
    {
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        retry: { limit: 5, backoff: { duration: '1s' } },
        syncOptions: ['CreateNamespace=true'],
      },
    },
  )
  await fleet.settled(name)
})

test('F-35: a refused object fails alone, with the reason; the rest of its wave is applied', async () => {
  cluster().faults.add({
    match: { verb: 'patch', resource: 'configmaps', namespace: 'refused', name: 'b' },
    effect: { kind: 'deny' },
  })
  await fleet.app('refused', { 'a.yaml': configMap('a'), 'b.yaml': configMap('b'), 'c.yaml': configMap('c') })
  const app = await fleet.until('refused', ({ status }) =>
    (status?.operationState?.syncResult?.resources ?? []).some(({ status: row }) => row === 'SyncFailed'),
  )
  const rows = app.status?.operationState?.syncResult?.resources ?? []
  expect(rows.filter(({ status }) => status === 'SyncFailed').map(({ name }) => name)).toEqual(['b'])
  expect(rows.find(({ name }) => name === 'b')?.message).toMatch(/forbidden/)
  expect(await fleet.live('ConfigMap', 'refused', 'c')).toBeDefined()
})

test('F-36, INV-11: a deletion that a finalizer holds up is waited for, and goes on by itself', async () => {
  await fleet.app(
    'held',
    { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') },
    { finalizers: ['resources-finalizer.argocd.argoproj.io'] },
  )
  await fleet.settled('held')
  const a = { ...configMaps, namespace: 'held', name: 'a' }
  await cluster().objects.patch(a, { metadata: { finalizers: ['example.com/hold'] } }, { type: 'merge' })
  await fleet.world.hub.objects.delete({
    group: 'argoproj.io',
    version: 'v1alpha1',
    resource: 'applications',
    namespace: 'argocd',
    name: 'held',
  })
  await fleet.untilLive(['ConfigMap', 'held', 'a'], (live) => live?.metadata.deletionTimestamp !== undefined)
  expect((await fleet.application('held'))?.metadata.finalizers).toHaveLength(1)
  await cluster().objects.patch(a, { metadata: { finalizers: null } }, { type: 'merge' })
  await eventually(
    async () => (await fleet.application('held')) === undefined,
    () => 'the application is still there',
  )
  expect(await fleet.live('ConfigMap', 'held', 'b')).toBeUndefined()
})

test('F-37: what loses its mark by hand is not wedged: later commits still reach it', async () => {
  await fleet.app('marks', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.settled('marks')
  const a = { ...configMaps, namespace: 'marks', name: 'a' }
  await cluster().objects.patch(a, { metadata: { annotations: null } }, { type: 'merge' })
  const commit = await fleet.world.git.commit('marks', { 'a.yaml': configMap('a', { v: '2' }) })
  await fleet.settled('marks', commit)
  const live = await healed('marks', 'a', '2')
  expect(live?.metadata.annotations?.['argocd.argoproj.io/tracking-id']).toBe('marks:/ConfigMap:marks/a')
})

test('F-37, F-33: a definition that somebody deletes comes back with its objects, though healing them failed first', async () => {
  const versions = `[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]`
  const spec = `{"group":"example.com","scope":"Namespaced","names":{"plural":"knobs","singular":"knob","kind":"Knob"},"versions":${versions}}`
  const knob = (name: string) => `{"apiVersion":"example.com/v1","kind":"Knob","metadata":{"name":"${name}"}}`
  await fleet.app('knobs', {
    'crd.yaml': `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"knobs.example.com"},"spec":${spec}}`,
    'a.yaml': knob('a'),
    'b.yaml': knob('b'),
  })
  await fleet.settled('knobs')
  // A definition on its way out lets its objects go, and no others come.
  const message = 'create not allowed while custom resource definition is terminating'
  const match = { verb: 'patch', resource: 'knobs.example.com' }
  cluster().faults.add({ match, effect: { kind: 'error', code: 405, reason: 'MethodNotAllowed', message } })
  const knobs = { group: 'example.com', version: 'v1', resource: 'knobs', namespace: 'knobs' }
  await cluster().objects.delete({ ...knobs, name: 'b' })
  await fleet.until('knobs', ({ status }) => (status?.operationState?.retryCount ?? 0) > 0)
  const crd = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }
  await cluster().objects.delete({ ...crd, name: 'knobs.example.com' })
  cluster().faults.clear()
  const names = async () => {
    const list = await cluster()
      .objects.list(knobs)
      .catch(() => ({ items: [] }))
    return list.items.map(({ metadata }) => metadata.name)
  }
  await eventually(
    async () => (await names()).join() === 'a,b',
    () => 'not back',
  )
  await fleet.settled('knobs')
})

test('F-38: deleted on both sides at once, and made again with the same name: the new one lives', async () => {
  const options = { finalizers: ['resources-finalizer.argocd.argoproj.io'] }
  await fleet.app('twice', { 'a.yaml': configMap('a') }, options)
  await fleet.settled('twice')
  const ref = {
    group: 'argoproj.io',
    version: 'v1alpha1',
    resource: 'applications',
    namespace: 'argocd',
    name: 'twice',
  }
  await Promise.all([
    fleet.world.hub.objects.delete(ref),
    cluster().objects.delete({ ...configMaps, namespace: 'twice', name: 'a' }),
  ])
  await eventually(
    async () => (await fleet.application('twice')) === undefined,
    () => 'the application is still there',
  )
  await fleet.create('twice', options)
  await fleet.settled('twice')
  expect(await fleet.live('ConfigMap', 'twice', 'a')).toBeDefined()
})

test('F-39: an agent that cannot discover what the cluster serves waits, and deletes nothing', async () => {
  const mark = fleet.mark()
  await fleet.member().leave()
  cluster().faults.add({ match: { path: /^\/apis$/ }, effect: { kind: 'error', code: 503 }, times: 8 })
  await fleet.member().join()
  const commit = await fleet.world.git.commit('base', { 'a.yaml': configMap('a', { v: '3' }) })
  await fleet.settled('base', commit, 20_000)
  expect(deletes(mark)).toEqual([])
})
