import { expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { judgeHealth } from './assess.ts'

test('an object without metadata has a health too', () => {
  const manager = {
    apiVersion: 'apps.3scale.net/v1alpha1',
    kind: 'APIManager',
    status: { conditions: [{ type: 'Available', status: 'True' }] },
  } as unknown as KubeObject
  expect(judgeHealth(manager)?.status).toBe('Healthy')
})

test('a script sees an object as it is', () => {
  const thing = { apiVersion: 'example.com/v1', kind: 'Thing' } as KubeObject
  const seen: KubeObject[] = []
  expect(judgeHealth(thing, { overrides: [(object) => void seen.push(object)] })).toBeUndefined()
  expect(seen).toEqual([thing])
})

test('a time of deletion that is no time does not count', () => {
  const map = (deletionTimestamp: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', deletionTimestamp },
  })
  expect(judgeHealth(map('2026-01-01T00:00:00Z'))?.message).toBe('Pending deletion')
  expect(judgeHealth(map('soon'))).toBeUndefined()
})

test.each([
  ['APIService', 'apiregistration.k8s.io/v1', { status: { conditions: 'x' } }, 'cannot restore slice from string'],
  ['APIService', 'apiregistration.k8s.io/v1beta1', { spec: { versionPriority: 'x' } }, 'unrecognized type: int32'],
  ['Pod', 'v1', { metadata: 'x' }, 'cannot restore struct from: string'],
  ['PersistentVolumeClaim', 'v1', { status: { capacity: { storage: '1K' } } }, "unable to parse quantity's suffix"],
  ['Pod', 'v1', { status: { startTime: '2024' } }, 'as "2006-01-02T15:04:05Z07:00": cannot parse "" as "-"'],
])('%s of %s that cannot be read', (kind, apiVersion, fields, problem) => {
  const object = { apiVersion, kind, metadata: { name: 'x' }, ...fields } as unknown as KubeObject
  expect(() => judgeHealth(object)).toThrow(problem)
})

test('the first condition of a type counts', () => {
  const pod = (first: string, second: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { restartPolicy: 'Always' },
    status: { phase: 'Running', conditions: [first, second].map((status) => ({ type: 'Ready', status })) },
  })
  expect(judgeHealth(pod('True', 'False'))?.status).toBe('Healthy')
  expect(judgeHealth(pod('False', 'True'))?.status).toBe('Progressing')
})
