import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestCluster } from '../testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start(0)
  await world.create('services', service('web', { app: 'web' }))
})
afterEach(() => world.close())

function service(name: string, selector?: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports: [{ port: 80 }] } }
}

/** A pod that somebody says is ready, on a node or on none. */
async function readyPod(name: string, nodeName?: string): Promise<void> {
  const spec = { containers: [{ name: 'main', image: 'app:1' }], nodeName }
  await world.create('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web' } }, spec })
  const conditions = [{ type: 'Ready', status: 'True' }]
  const status = { phase: 'Running', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }], conditions }
  const ref = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name }
  await world.cluster.objects.patch(ref, { status }, { type: 'merge', subresource: 'status' })
  await world.clock.settle()
}

const slices = async (): Promise<unknown[]> =>
  (await world.list('endpointSlices'))
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
    .map((slice) => slice['endpoints'])

test('tells the zone of the node that a pod is on', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'north' }
  await world.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels } })
  await readyPod('a', 'n')
  expect(await slices()).toMatchObject([[{ nodeName: 'n', zone: 'north', conditions: { ready: true, serving: true } }]])
})

test('a pod on no node is in no slice, and keeps Endpoints from being written', async () => {
  await readyPod('a')
  expect(await slices()).toEqual([null])
  expect((await world.get('endpoints', 'web'))['subsets']).toBeUndefined()
  expect((await world.events('web')).map((event) => event.slice(0, 78))).toEqual(
    expect.arrayContaining([
      'FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default'.slice(0, 78),
      'FailedToUpdateEndpoint: Failed to update endpoint default/web: Endpoints "web" is invalid'.slice(0, 78),
    ]),
  )
})

test('Endpoints go with the Service of their name, also those made by hand', async () => {
  await world.create('services', service('manual'))
  const subsets = [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }]
  await world.create('endpoints', { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'manual' }, subsets })
  await world.clock.settle()
  for (const name of ['web', 'manual'])
    await world.cluster.objects.delete({ group: '', version: 'v1', resource: 'services', namespace: 'default', name })
  await world.clock.settle()
  expect((await world.list('endpoints')).map(({ metadata }) => metadata.name)).not.toContain('web')
  expect((await world.list('endpoints')).map(({ metadata }) => metadata.name)).not.toContain('manual')
})
