import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Application } from '@flotilla/shared/argo/application'
import type { Cluster } from '@flotilla/test-kube/cluster'
import { configMap, eventually, isSettled, job, kinds, summary } from './fleet-world.ts'
import { ProcessWorld } from './process-world.ts'
import { buildPrograms, type Program } from './programs.ts'

/** Hub and agent as processes that are killed with SIGKILL while an operation runs. */
const wave = (n: number) => ({ 'argocd.argoproj.io/sync-wave': String(n) })
const hook = (phase: string, policy = 'BeforeHookCreation') => ({
  'argocd.argoproj.io/hook': phase,
  'argocd.argoproj.io/hook-delete-policy': policy,
})
const files = {
  'pre.yaml': job('pre', hook('PreSync')),
  'mid.yaml': job('mid', hook('Sync')),
  'post.yaml': job('post', hook('PostSync', 'HookSucceeded')),
  ...Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`c${n}.yaml`, configMap(`c${n}`, { v: '1' }, wave(Math.floor(n / 4)))]),
  ),
}

let world: ProcessWorld
let cluster: Cluster
let agent: Program
let made: { name: string; uid: string }[]

beforeAll(buildPrograms)
beforeEach(async () => {
  world = await ProcessWorld.open(['c1'])
  const member = world.members.get('c1')
  if (!member) throw new Error('no cluster')
  ;({ cluster, agent } = member)
  await cluster.objects.create(kinds.Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'crash' } })
  made = []
  const note = (resource: typeof kinds.Job | typeof kinds.ConfigMap) =>
    cluster.objects.watch({ ...resource, namespace: 'crash' }, '0', (event) => {
      if (event.type !== 'ADDED') return
      const { name = '', uid = '' } = event.object.metadata
      if (!made.some((one) => one.uid === uid) && name !== 'kube-root-ca.crt') made.push({ name, uid })
    })
  note(kinds.Job)
  note(kinds.ConfigMap)
})
afterEach(() => world[Symbol.asyncDispose]())

/** The end is as it would have been without any kill. */
async function expectUndisturbedEnd(): Promise<void> {
  let app: Application | undefined
  await eventually(
    async () => {
      app = await world.application('crash')
      return app !== undefined && isSettled(app)
    },
    () => summary(app),
    240_000,
  )
  expect(app?.status?.history).toHaveLength(1)
  const names = made.map(({ name }) => name)
  // Each hook once, each object once, in the order of phases and waves.
  expect(names.toSorted()).toEqual(
    Object.keys(files)
      .map((file) => file.replace('.yaml', ''))
      .toSorted(),
  )
  expect(names[0]).toBe('pre')
  expect(names.at(-1)).toBe('post')
  const waves = names.filter((name) => name.startsWith('c')).map((name) => Math.floor(Number(name.slice(1)) / 4))
  expect(waves).toEqual(waves.toSorted((a, b) => a - b))
  await eventually(
    async () =>
      (await cluster.objects.list({ ...kinds.Job, namespace: 'crash' })).items.every(
        ({ metadata }) => metadata.name !== 'post',
      ),
    () => 'the hook that was to go is still there',
  )
}

test('F-01, F-03, INV-03, INV-04, INV-05, INV-10: hub and agent killed at twenty points of one operation run no hook twice and end it in order', async () => {
  const { hub } = world
  let point = 0
  // One point after another: while one of the two is down, what the other does waits.
  let busy: Promise<unknown> = Promise.resolve()
  const strike = async (): Promise<'serve' | 'drop'> => {
    const now = point++
    if (now >= 20) return 'serve'
    if (now % 2 === 0) {
      await hub.kill()
      await hub.start()
      return 'serve'
    }
    await agent.kill()
    void agent.start()
    // The write that it died of has been made, or has not.
    return now % 4 === 1 ? 'drop' : 'serve'
  }
  const call = (): Promise<'serve' | 'drop'> => {
    const next = busy.then(strike)
    busy = next
    return next
  }
  for (const resource of ['jobs.batch', 'configmaps'])
    for (const verb of ['patch', 'delete', 'update'])
      cluster.faults.add({ match: { verb, resource, namespace: 'crash' }, effect: { kind: 'call', call } })
  await world.create('crash', files, {
    spec: { destination: { name: 'c1', namespace: 'crash' } },
    operation: { sync: { prune: true } },
  })
  await expectUndisturbedEnd()
  expect([hub.kills, agent.kills]).toEqual([10, 10])
}, 300_000)
