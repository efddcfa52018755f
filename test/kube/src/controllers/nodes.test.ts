import { expect, test } from 'vitest'
import { reconcileNode } from './nodes.ts'

const now = Date.parse('2030-01-01T00:00:00Z')
const annotations = { 'node.alpha.kubernetes.io/ttl': '0' }
const taint = (name: string): object => ({ key: `node.kubernetes.io/${name}`, effect: 'NoSchedule' })
const added = (name: string): object => ({ ...taint(name), timeAdded: '2030-01-01T00:00:00Z' })
const own = { key: 'mine', value: 'x', effect: 'NoSchedule' }

test.each([
  { what: 'one that nothing is known of', spec: { taints: [taint('not-ready')] }, conditions: {}, becomes: null },
  { what: 'one that is not ready', spec: {}, conditions: { Ready: 'False' }, becomes: [added('not-ready')] },
  { what: 'one that is silent', spec: {}, conditions: { Ready: 'Unknown' }, becomes: [added('unreachable')] },
  { what: 'a cordoned one', spec: { unschedulable: true }, conditions: {}, becomes: [added('unschedulable')] },
  {
    what: 'one in trouble again',
    spec: { taints: [own, taint('unschedulable')] },
    conditions: { Ready: 'True', DiskPressure: 'True' },
    becomes: [own, added('disk-pressure')],
  },
])('$what is tainted by its conditions', ({ spec, conditions, becomes }) => {
  const status = { conditions: Object.entries(conditions).map(([type, state]) => ({ type, status: state })) }
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', annotations }, spec, status }
  expect(reconcileNode(node, now).writes).toMatchObject([{ verb: 'patch', patch: { spec: { taints: becomes } } }])
})

test('a node that is as it should be is left alone; a new one is told how long to keep what it reads', () => {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { taints: [own] } }
  expect(reconcileNode(node, now).writes).toMatchObject([{ patch: { metadata: { annotations } } }])
  expect(reconcileNode({ ...node, metadata: { name: 'n', annotations } }, now).writes).toEqual([])
})
