import { afterEach, beforeEach, expect, test } from 'vitest'
import { podTemplate, refOf, TestCluster, workload } from '../testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start()
})
afterEach(() => world.close())

const nodes = async (): Promise<string[]> => (await world.list('pods')).map(({ spec }) => String(spec['nodeName']))

test('a taint drives out the pods that do not tolerate it', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 4 }))
  await world.clock.advance(10_000)
  expect(new Set(await nodes())).toEqual(new Set(['node-1', 'node-2']))
  await world.patch('nodes', 'node-1', { spec: { taints: [{ key: 'a', value: 'b', effect: 'NoExecute' }] } })
  await world.clock.advance(30_000)
  expect(await nodes()).toEqual(['node-2', 'node-2', 'node-2', 'node-2'])
})

test('pods of a node that is no more are given up', async () => {
  await world.create('deployments', workload('Deployment', { replicas: 2 }))
  await world.clock.advance(10_000)
  await world.cluster.objects.delete(refOf('nodes', 'node-1'))
  await world.clock.advance(120_000)
  expect(await nodes()).toEqual(['node-2', 'node-2'])
  expect((await world.get('deployments', 'web')).status).toMatchObject({ readyReplicas: 2 })
})

test('a DaemonSet follows the nodes that fit it, and updates one after the other', async () => {
  const daemon = workload('DaemonSet', {})
  await world.create('daemonSets', daemon)
  await world.clock.advance(10_000)
  expect((await world.get('daemonSets', 'web')).status).toMatchObject({ desiredNumberScheduled: 2, numberAvailable: 2 })
  await world.patch('daemonSets', 'web', { spec: { template: podTemplate('app:2') } })
  await world.clock.advance(30_000)
  expect((await world.get('daemonSets', 'web')).status).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 })
  await world.patch('nodes', 'node-1', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } })
  await world.clock.advance(30_000)
  expect(await nodes()).toEqual(['node-2'])
})

test('a DaemonSet may bring new pods before the old go', async () => {
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  await world.create('daemonSets', workload('DaemonSet', { updateStrategy }))
  await world.clock.advance(10_000)
  await world.patch('daemonSets', 'web', { spec: { template: podTemplate('app:never-ready') } })
  await world.clock.advance(60_000)
  // The first newcomer is not ready: nobody goes, nobody else comes.
  expect(await world.list('pods')).toHaveLength(3)
  await world.patch('daemonSets', 'web', { spec: { template: podTemplate('app:2') } })
  await world.clock.advance(60_000)
  expect(await world.list('pods')).toHaveLength(2)
  expect((await world.get('daemonSets', 'web')).status).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 })
})

test('Endpoints written by hand are mirrored', async () => {
  await world.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'outside' },
    spec: { ports: [{ port: 80 }] },
  })
  await world.create('endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'outside', labels: { a: 'b' } },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 8080 }] }],
  })
  await world.clock.advance(1000)
  const slices = (await world.list('endpointSlices')).filter(({ metadata }) => metadata.labels?.['a'] === 'b')
  expect(slices).toHaveLength(1)
  expect(slices[0]).toMatchObject({
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['192.0.2.1'], conditions: { ready: true } },
      { addresses: ['192.0.2.2'], conditions: { ready: false } },
    ],
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  })
  await world.cluster.objects.delete(refOf('endpoints', 'outside'))
  await world.clock.advance(5000)
  expect((await world.list('endpointSlices')).filter(({ metadata }) => metadata.labels?.['a'] === 'b')).toEqual([])
})
