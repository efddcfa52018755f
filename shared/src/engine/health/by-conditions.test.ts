import { expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { judgeHealth } from './assess.ts'
import { healthByConditions } from './by-conditions.ts'

const condition = (type: string, status: string, reason = '', rest: object = {}) => ({
  type,
  status,
  reason,
  message: `${type} is ${status}`,
  ...rest,
})
const thing = (conditions: unknown, status: object = {}, kind = 'Thing', apiVersion = 'example.com/v1'): KubeObject =>
  ({ apiVersion, kind, metadata: { name: 'x', generation: 2 }, status: { conditions, ...status } }) as KubeObject
const judge = (object: KubeObject) => judgeHealth(object, { others: [healthByConditions] })

test.each([
  ['ready', [condition('Ready', 'True')], {}, 'Healthy', 'Ready is True'],
  ['not ready yet', [condition('Ready', 'False', 'Creating')], {}, 'Progressing', 'Ready is False'],
  ['failed', [condition('Ready', 'False', 'CreateFailed')], {}, 'Degraded', 'Ready is False'],
  ['not known', [condition('Ready', 'Unknown', 'SomeError')], {}, 'Progressing', 'Ready is Unknown'],
  ['stalled', [condition('Ready', 'False'), condition('Stalled', 'True')], {}, 'Degraded', 'Stalled is True'],
  ['at work', [condition('Ready', 'True'), condition('Reconciling', 'True')], {}, 'Progressing', 'Reconciling is True'],
  [
    'behind',
    [condition('Ready', 'True')],
    { observedGeneration: 1 },
    'Progressing',
    'Waiting for the latest generation to be observed',
  ],
  [
    'a condition behind',
    [condition('Ready', 'True', '', { observedGeneration: 1 })],
    { observedGeneration: 2 },
    'Progressing',
    'Waiting for the latest generation to be observed',
  ],
] as const)('%s', (_, conditions, status, wanted, message) => {
  expect(judge(thing(conditions, status))).toEqual({ status: wanted, message })
})

test('what does not speak of readiness has no verdict', () => {
  expect(judge(thing([condition('Synced', 'True')]))).toBeUndefined()
  expect(judge(thing([]))).toBeUndefined()
  expect(judge({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'x' } })).toBeUndefined()
})

test('nobody is judged so where a rule knows the kind, or without being asked', () => {
  const claim = thing([condition('Ready', 'True')], { phase: 'Pending' }, 'PersistentVolumeClaim', 'v1')
  expect(judge(claim)?.status).toBe('Progressing')
  expect(judgeHealth(thing([condition('Ready', 'True')]))).toBeUndefined()
})
