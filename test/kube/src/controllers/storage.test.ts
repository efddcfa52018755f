import { afterEach, beforeEach, expect, test } from 'vitest'
import { podTemplate, refOf, sorted, TestCluster, workload } from '../testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start()
})
afterEach(() => world.close())

function claim(name: string, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  }
}

test('a claim of the default class waits for its first consumer, and its volume goes with it', async () => {
  await world.create('claims', claim('data'))
  await world.clock.advance(1000)
  expect((await world.get('claims', 'data')).spec['storageClassName']).toBe('standard')
  expect((await world.get('claims', 'data')).status['phase']).toBe('Pending')
  expect(await world.events('data')).toEqual([
    'WaitForFirstConsumer: waiting for first consumer to be created before binding',
  ])
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  await world.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    ...podTemplate('app:1', { volumes }),
    metadata: { name: 'web' },
  })
  await world.clock.advance(5000)
  expect((await world.get('pods', 'web')).status['phase']).toBe('Running')
  const bound = await world.get('claims', 'data')
  expect(bound.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } })
  const [volume] = await world.list('volumes')
  expect(volume?.metadata.name).toBe(bound.spec['volumeName'])
  expect(volume?.status['phase']).toBe('Bound')
  // In use, it stays though it is deleted.
  await world.cluster.objects.delete(refOf('claims', 'data'))
  await world.clock.advance(5000)
  expect(await world.list('claims')).toHaveLength(1)
  await world.cluster.objects.delete(refOf('pods', 'web'))
  await world.clock.advance(5000)
  expect(await world.list('claims')).toEqual([])
  expect(await world.list('volumes')).toEqual([])
})

test('a claim without a class takes the smallest volume that does, and a kept volume is released', async () => {
  for (const [name, storage] of [
    ['small', '500Mi'],
    ['right', '2Gi'],
    ['large', '10Gi'],
  ])
    await world.create('volumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
    })
  await world.create('claims', claim('data', { storageClassName: '' }))
  await world.clock.advance(1000)
  expect((await world.get('claims', 'data')).spec['volumeName']).toBe('right')
  expect((await world.get('claims', 'data')).status).toMatchObject({ phase: 'Bound', capacity: { storage: '2Gi' } })
  await world.cluster.objects.delete(refOf('claims', 'data'))
  await world.clock.advance(1000)
  const phases = (await world.list('volumes')).map(
    ({ metadata, status }) => `${metadata.name} ${String(status['phase'])}`,
  )
  expect(sorted(phases)).toEqual(['large Available', 'right Released', 'small Available'])
})

test('a StatefulSet makes its pods in order with claims of their own, and keeps or drops them as its policy says', async () => {
  const volumeClaimTemplates = [claim('data')]
  const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Delete', whenDeleted: 'Retain' }
  await world.create(
    'statefulSets',
    workload('StatefulSet', {
      replicas: 3,
      serviceName: 'db',
      volumeClaimTemplates,
      persistentVolumeClaimRetentionPolicy,
    }),
  )
  await world.clock.advance(30_000)
  expect((await world.get('statefulSets', 'web')).status).toMatchObject({ readyReplicas: 3, currentReplicas: 3 })
  expect((await world.list('claims')).map(({ metadata }) => metadata.name)).toEqual([
    'data-web-0',
    'data-web-1',
    'data-web-2',
  ])
  await world.patch('statefulSets', 'web', { spec: { replicas: 1 } })
  await world.clock.advance(30_000)
  expect((await world.list('claims')).map(({ metadata }) => metadata.name)).toEqual(['data-web-0'])
  await world.cluster.objects.delete(refOf('statefulSets', 'web'), { propagationPolicy: 'Foreground' })
  await world.clock.advance(30_000)
  expect(await world.list('pods')).toEqual([])
  expect((await world.list('claims')).map(({ metadata }) => metadata.name)).toEqual(['data-web-0'])
})

test('a StatefulSet updates from the highest ordinal down to its partition', async () => {
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
  await world.create('statefulSets', workload('StatefulSet', { replicas: 3, updateStrategy }))
  await world.clock.advance(30_000)
  await world.patch('statefulSets', 'web', { spec: { template: podTemplate('app:2') } })
  await world.clock.advance(60_000)
  const images = async (): Promise<string[]> =>
    (await world.list('pods')).map(({ spec }) => (spec['containers'] as { image: string }[])[0]?.image ?? '')
  expect(await images()).toEqual(['app:1', 'app:2', 'app:2'])
  const { status } = await world.get('statefulSets', 'web')
  expect(status).toMatchObject({ currentReplicas: 1, updatedReplicas: 2 })
  expect(status['currentRevision']).not.toBe(status['updateRevision'])
  await world.patch('statefulSets', 'web', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
  await world.clock.advance(60_000)
  expect(await images()).toEqual(['app:2', 'app:2', 'app:2'])
  const done = (await world.get('statefulSets', 'web')).status
  expect(done['currentRevision']).toBe(done['updateRevision'])
})
