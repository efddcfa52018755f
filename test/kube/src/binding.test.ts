import { afterEach, beforeEach, expect, test } from 'vitest'
import { refOf, TestCluster } from './testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start(0)
})
afterEach(() => world.close())

const pod = (spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
})

async function bind(): Promise<void> {
  const ref = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'p' }
  const target = { kind: 'Node', name: 'n' }
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p', namespace: 'default' }, target }
  await world.cluster.objects.create(ref, binding, { subresource: 'binding' })
}

test('a binding puts a pod on a node once, and ends its nomination', async () => {
  await world.create('pods', pod())
  const status = { nominatedNodeName: 'm', conditions: [{ type: 'example.com/x', status: 'True' }] }
  await world.cluster.objects.patch(refOf('pods', 'p'), { status }, { type: 'merge', subresource: 'status' })
  await bind()
  const bound = await world.get('pods', 'p')
  expect(bound.spec['nodeName']).toBe('n')
  expect(bound.status['nominatedNodeName']).toBeUndefined()
  expect(bound.status.conditions?.map(({ type }) => type)).toEqual(['example.com/x', 'PodScheduled'])
  await expect(bind()).rejects.toThrow(
    'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"',
  )
})

test('a pod behind a gate says so, and is not bound', async () => {
  const { status } = await world.create('pods', pod({ schedulingGates: [{ name: 'example.com/wait' }] }))
  expect(status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }])
  await expect(bind()).rejects.toThrow('pod p has non-empty .spec.schedulingGates')
})
