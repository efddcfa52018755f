import { expect, test } from 'vitest'
import { refOf, TestCluster, workload, podTemplate } from '../testing/test-cluster.ts'

test('between two changes made together, no controller steps in that takes its time to react', async () => {
  const world = await TestCluster.start(0, 20)
  try {
    const ready = async (pod: string): Promise<void> => {
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
      await world.cluster.objects.patch(refOf('pods', pod), { status }, { type: 'merge', subresource: 'status' })
      // All that follows at once has happened.
      await world.clock.settle()
    }
    const pods = async (): Promise<string[]> => (await world.list('pods')).map(({ metadata }) => metadata.name ?? '')
    await world.create('deployments', workload('Deployment', { replicas: 1 }))
    await world.clock.advance(1000)
    for (const pod of await pods()) await ready(pod)
    await world.clock.advance(1000)
    const [old = ''] = await pods()
    await world.patch('deployments', 'web', { spec: { template: podTemplate('app:2') } })
    await world.clock.advance(1000)
    const both = await pods()
    expect(both).toHaveLength(2)
    // The new pod is ready: the old one has to go, but not before somebody could write its status too.
    for (const pod of both.toSorted((a) => (a === old ? 1 : -1))) await ready(pod)
    await world.clock.advance(1000)
    expect(await pods()).toEqual(both.filter((pod) => pod !== old))
  } finally {
    await world.close()
  }
})

test('with it, a rollout on nodes comes to the same end', async () => {
  const world = await TestCluster.start(2, 20)
  try {
    await world.create('deployments', workload('Deployment', { replicas: 3 }))
    await world.clock.advance(10_000)
    await world.patch('deployments', 'web', { spec: { template: podTemplate('app:2') } })
    await world.clock.advance(60_000)
    const web = await world.get('deployments', 'web')
    expect(web.status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 })
    expect(await world.list('pods')).toHaveLength(3)
  } finally {
    await world.close()
  }
})
