import { afterEach, beforeEach, expect, test } from 'vitest'
import { podTemplate, sorted, TestCluster, workload } from '../testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start()
})
afterEach(() => world.close())

const reasons = (view: { status: { conditions?: { reason: string }[] } }): string[] =>
  (view.status.conditions ?? []).map(({ reason }) => reason)

test('an hour of rollouts passes in a moment', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 3 }))
  for (let rollout = 1; rollout <= 15; rollout++) {
    await world.patch('deployments', 'web', { spec: { template: podTemplate(`app:${rollout}`) } })
    await world.clock.advance(240_000)
  }
  const web = await world.get('deployments', 'web')
  expect(web.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('15')
  expect(web.status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 })
  // The current one, and as many as the history keeps.
  expect(await world.list('replicaSets')).toHaveLength(11)
  expect(await world.list('pods')).toHaveLength(3)
})

test('a rollout to an image that is missing stands still, says so when its time is over, and goes on once repaired', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 4, progressDeadlineSeconds: 60 }))
  await world.clock.advance(10_000)
  await world.patch('deployments', 'web', { spec: { template: podTemplate('app:missing') } })
  await world.clock.advance(120_000)
  const stuck = await world.get('deployments', 'web')
  expect(reasons(stuck)).toEqual(['MinimumReplicasAvailable', 'ProgressDeadlineExceeded'])
  expect(stuck.status).toMatchObject({ replicas: 5, availableReplicas: 3, unavailableReplicas: 2 })
  await world.patch('deployments', 'web', { spec: { template: podTemplate('app:1') } })
  await world.clock.advance(60_000)
  const healed = await world.get('deployments', 'web')
  expect(reasons(healed)).toEqual(['MinimumReplicasAvailable', 'NewReplicaSetAvailable'])
  expect(healed.status).toMatchObject({ replicas: 4, availableReplicas: 4 })
})

test('paused, it collects changes; resumed, it rolls out the last', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 2 }))
  await world.clock.advance(10_000)
  await world.patch('deployments', 'web', { spec: { paused: true } })
  for (const image of ['app:2', 'app:3'])
    await world.patch('deployments', 'web', { spec: { template: podTemplate(image) } })
  await world.clock.advance(60_000)
  expect(await world.list('replicaSets')).toHaveLength(1)
  await world.patch('deployments', 'web', { spec: { paused: false } })
  await world.clock.advance(60_000)
  const sets = await world.list('replicaSets')
  expect(sorted(sets.map(({ status }) => Number(status['replicas'])))).toEqual(['0', '2'])
  expect(sets).toHaveLength(2)
})

test('scaled in the middle of a rollout, both sides grow in proportion', async () => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } }
  await world.create('deployments', workload('Deployment', { replicas: 10, strategy }))
  await world.clock.advance(30_000)
  await world.patch('deployments', 'web', { spec: { template: podTemplate('app:never-ready') } })
  await world.clock.advance(30_000)
  const sizes = async (): Promise<string[]> =>
    sorted((await world.list('replicaSets')).map(({ spec }) => Number(spec['replicas'])))
  expect(await sizes()).toEqual(['5', '8'])
  await world.patch('deployments', 'web', { spec: { replicas: 15 } })
  await world.clock.advance(10_000)
  expect(await sizes()).toEqual(['11', '7'])
})

test('what a Deployment does is told', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 1 }))
  await world.clock.advance(10_000)
  const [set] = await world.list('replicaSets')
  const [pod] = await world.list('pods')
  expect(await world.events('web')).toEqual([
    `ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 1`,
  ])
  expect(await world.events(pod?.metadata.name ?? '')).toEqual([
    `Scheduled: Successfully assigned default/${pod?.metadata.name} to ${String(pod?.spec['nodeName'])}`,
    'Pulling: Pulling image "app:1"',
    'Pulled: Successfully pulled image "app:1" in 300ms (300ms including waiting). Image size: 10000000 bytes.',
    'Created: Container created',
    'Started: Container started',
  ])
})

test('what was told is forgotten after an hour', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 1 }))
  await world.clock.advance(50 * 60_000)
  expect(await world.list('events')).not.toEqual([])
  await world.clock.advance(11 * 60_000)
  expect(await world.list('events')).toEqual([])
})

test('pods that a quota refuses are missed on the set and on its Deployment', async () => {
  await world.create('quotas', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q' },
    spec: { hard: { pods: '1' } },
  })
  await world.clock.advance(1000)
  await world.create('deployments', workload('Deployment', { replicas: 2 }))
  await world.clock.advance(30_000)
  expect(reasons(await world.get('deployments', 'web'))).toContain('FailedCreate')
  const [set] = await world.list('replicaSets')
  expect(set?.status.conditions?.[0]).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' })
  expect((await world.get('quotas', 'q')).status).toEqual({ hard: { pods: '1' }, used: { pods: '1' } })
  await world.patch('quotas', 'q', { spec: { hard: { pods: '5' } } })
  await world.clock.advance(120_000)
  expect(reasons(await world.get('deployments', 'web'))).not.toContain('FailedCreate')
})
