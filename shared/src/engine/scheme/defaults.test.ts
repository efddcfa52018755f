import { expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { knownTypeNormalizer } from '../known-types.ts'
import { withDefaults } from './defaults.ts'

function object(apiVersion: string, kind: string, fields: object): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x' }, ...fields }
}

function spec(value: KubeObject): Record<string, unknown> {
  return withDefaults(value)['spec'] as Record<string, unknown>
}

test('defaults are filled in beside fields that the type lacks', () => {
  expect(spec(object('apps/v1', 'Deployment', { spec: { nope: 1, replicas: 2 } }))).toMatchObject({
    nope: 1,
    replicas: 2,
    revisionHistoryLimit: 10,
    strategy: { type: 'RollingUpdate' },
  })
})

test('a list without a key is written anew where a default changes it, as Go writes it', () => {
  const policy = object('networking.k8s.io/v1', 'NetworkPolicy', {
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ extra: 1, ports: [{ port: 80 }] }] },
  })
  expect(spec(policy)['ingress']).toEqual([{ ports: [{ port: 80, protocol: 'TCP' }] }])
})

test('items of a list with a key are patched one by one', () => {
  const service = object('v1', 'Service', { spec: { ports: [{ port: 80, extra: 1 }] } })
  expect(spec(service)['ports']).toEqual([{ port: 80, extra: 1, protocol: 'TCP', targetPort: 80 }])
})

test('what the server writes for older clients is no default', () => {
  const pod = object('v1', 'Pod', { spec: { serviceAccountName: 'a', containers: [] } })
  expect(spec(pod)).not.toHaveProperty('serviceAccount')
})

test('templates of claims keep the kind that they say', () => {
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'd' }, spec: {} }
  const set = object('apps/v1', 'StatefulSet', { spec: { volumeClaimTemplates: [claim, { metadata: { name: 'e' } }] } })
  expect(spec(set)['volumeClaimTemplates']).toMatchObject([claim, { metadata: { name: 'e' } }])
  expect(spec(set)['volumeClaimTemplates']).not.toMatchObject([{}, { kind: 'PersistentVolumeClaim' }])
})

test('fields of a known type lose what it lacks and get what it always has', () => {
  const rollout = object('argoproj.io/v1alpha1', 'Rollout', {
    spec: { template: { spec: { nope: 1, containers: [{ name: 'c', image: '' }] } } },
  })
  expect(knownTypeNormalizer({})(rollout)['spec']).toEqual({
    template: { spec: { containers: [{ name: 'c', resources: {} }] } },
  })
})

test('the settings may know Rollouts otherwise', () => {
  const rollout = object('argoproj.io/v1alpha1', 'Rollout', {
    spec: { cpu: '1000m', template: { spec: { containers: [{ name: 'c' }] } } },
  })
  const settings = {
    'resource.customizations.knownTypeFields.argoproj.io_Rollout': '- {field: spec.cpu, type: core/Quantity}',
  }
  expect(knownTypeNormalizer(settings)(rollout)['spec']).toEqual({
    cpu: '1',
    template: { spec: { containers: [{ name: 'c' }] } },
  })
})

test('after a field that is not of its type no other is written anew', () => {
  const thing = object('example.com/v1', 'Thing', { spec: { a: '1000m', b: 'x', c: '1000m' } })
  const fields = ['a', 'b', 'c'].map((name) => `- {field: spec.${name}, type: core/Quantity}`).join('\n')
  const settings = { 'resource.customizations.knownTypeFields.example.com_Thing': fields }
  expect(knownTypeNormalizer(settings)(thing)['spec']).toEqual({ a: '1', b: 'x', c: '1000m' })
})
