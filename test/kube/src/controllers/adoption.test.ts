import { afterEach, beforeEach, expect, test } from 'vitest'
import { refOf, TestCluster, workload } from '../testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start(1)
})
afterEach(() => world.close())

test.each(['StatefulSet', 'DaemonSet'])('a %s that comes again takes its orphaned history over', async (kind) => {
  const resource = kind === 'StatefulSet' ? 'statefulSets' : 'daemonSets'
  const spec = kind === 'StatefulSet' ? { serviceName: 'web', replicas: 1 } : {}
  await world.create(resource, workload(kind, spec))
  await world.clock.advance(10_000)
  await world.cluster.objects.delete(refOf(resource, 'web'), { propagationPolicy: 'Orphan' })
  await world.clock.advance(1000)
  const again = await world.create(resource, workload(kind, spec))
  await world.clock.advance(10_000)
  const revisions = await world.list('revisions')
  expect(revisions.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([again.metadata.uid])
  expect((await world.get(resource, 'web')).status['observedGeneration']).toBe(1)
})

test('a ReplicationController keeps its pods, and tells of them by its own name', async () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } }
  const rc = {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'rc' },
    spec: { replicas: 2, template },
  }
  await world.create('replicationControllers', rc)
  await world.clock.advance(10_000)
  const { status } = await world.get('replicationControllers', 'rc')
  const counts = { replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 }
  expect(status).toEqual(counts)
  expect((await world.list('pods')).map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).toEqual(
    Array(2).fill('ReplicationController'),
  )
})
