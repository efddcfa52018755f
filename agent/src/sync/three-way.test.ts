import type { KubeObject } from '@flotilla/shared/k8s/object'
import { expect, test } from 'vitest'
import { threeWayPatch, withLastApplied } from './three-way.ts'

test('merges lists of known kinds by their keys', () => {
  const before = withLastApplied(deployment([{ name: 'app', image: 'a:1' }]))
  const live = { ...deployment([{ name: 'app', image: 'a:1' }, sidecar]), metadata: before.metadata }
  const patch = threeWayPatch(deployment([{ name: 'app', image: 'a:2' }]), live)
  expect(patch?.['spec']).toEqual({ template: { spec: { containers: [{ name: 'app', image: 'a:2' }, sidecar] } } })
})

test('removes what was applied and is no more, and leaves the rest', () => {
  const live = withLastApplied(configMap({ a: '1', b: '1' }))
  const data = { a: '1', b: '1', hand: 'x' }
  expect(threeWayPatch(configMap({ a: '1' }), { ...live, data })?.['data']).toEqual({ b: null })
})

test('asks for nothing where nothing differs', () => {
  expect(threeWayPatch(configMap({ a: '1' }), withLastApplied(configMap({ a: '1' })))).toBeUndefined()
})

const sidecar = { name: 'sidecar', image: 's:1' }

function deployment(containers: readonly object[]): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { template: { spec: { containers } } },
  }
}

function configMap(data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data }
}
