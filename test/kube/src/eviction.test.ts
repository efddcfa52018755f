import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { podTemplate, refOf, TestCluster, workload } from './testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start()
})
afterEach(() => world.close())

async function evict(pod: string): Promise<string> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: 'default' } }
  try {
    const { kind } = await world.cluster.objects.create(refOf('pods', pod), body, { subresource: 'eviction' })
    return kind
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return `${error.code} ${error.status.details?.causes?.[0]?.message}`
  }
}

function budget(spec: object): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  }
}

test('a budget counts who is well, and lets only as many go as it may', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 3 }))
  await world.create('budgets', budget({ minAvailable: 2 }))
  await world.clock.advance(10_000)
  expect((await world.get('budgets', 'web')).status).toMatchObject({
    currentHealthy: 3,
    desiredHealthy: 2,
    disruptionsAllowed: 1,
    expectedPods: 3,
    conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
  })
  const [first = '', second = ''] = (await world.list('pods')).map(({ metadata }) => metadata.name)
  expect(await evict(first)).toBe('Status')
  expect(await evict(second)).toBe('429 The disruption budget web needs 2 healthy pods and has 2 currently')
  await world.clock.advance(30_000)
  expect((await world.get('budgets', 'web')).status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 })
  expect(await evict(second)).toBe('Status')
})

test('of a share, the controllers tell the whole', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 4 }))
  await world.create('budgets', budget({ maxUnavailable: '50%' }))
  await world.clock.advance(10_000)
  expect((await world.get('budgets', 'web')).status).toMatchObject({
    expectedPods: 4,
    desiredHealthy: 2,
    disruptionsAllowed: 2,
  })
})

test('a pod that does not run is let go without asking', async () => {
  await world.create('deployments', {
    ...workload('Deployment', { replicas: 1, template: podTemplate('app:missing') }),
  })
  await world.create('budgets', budget({ minAvailable: 1 }))
  await world.clock.advance(10_000)
  const [pod] = await world.list('pods')
  expect(await evict(pod?.metadata.name ?? '')).toBe('Status')
})
