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
