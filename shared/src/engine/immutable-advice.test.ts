import { expect, test } from 'vitest'
import type { OperationState, ResourceResult } from '../argo/application.ts'
import { immutableAdvice, immutableFields } from './immutable-advice.ts'

test.each([
  [
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
    ['spec.selector'],
  ],
  [
    'Service "s" is invalid: [spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set, spec.ports: Required value, spec.type: Invalid value: "X": no]',
    ['spec.clusterIPs[0]'],
  ],
  [
    "StatefulSet.apps \"s\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden",
    ['spec'],
  ],
  [
    'RoleBinding.rbac.authorization.k8s.io "r" is invalid: roleRef: Invalid value: {"kind":"Role"}: cannot change roleRef',
    ['roleRef'],
  ],
  [
    'StorageClass.storage.k8s.io "s" is invalid: [parameters: Forbidden: updates to parameters are forbidden., reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.]',
    ['parameters', 'reclaimPolicy'],
  ],
  ['ConfigMap "c" is invalid: data: Forbidden: field is immutable when `immutable` is set', ['data']],
  [
    'PersistentVolumeClaim "p" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests',
    ['spec'],
  ],
  ['Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0', []],
  ['configmaps "c" is forbidden: User "u" cannot patch resource', []],
])('%s', (message, fields) => expect(immutableFields(message)).toEqual(fields))

const row = (kind: string, group: string, message: string): ResourceResult => ({
  group,
  version: 'v1',
  kind,
  namespace: 'ns',
  name: 'web',
  status: 'SyncFailed',
  message,
})

test('advice names the object, its fields and the ways out', () => {
  const selector =
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{}}: field is immutable'
  const scope = 'CustomResourceDefinition "web" is invalid: spec.scope: Invalid value: "Cluster": field is immutable'
  const state: OperationState = {
    operation: {},
    phase: 'Failed',
    startedAt: '2030-01-01T00:00:00Z',
    syncResult: {
      revision: 'one',
      resources: [row('Deployment', 'apps', selector), row('CustomResourceDefinition', '', scope)],
    },
  }
  const [deployment, definition] = immutableAdvice(state)
  expect(deployment).toMatchObject({ kind: 'Deployment', name: 'web', fields: ['spec.selector'] })
  expect(deployment?.message).toBe(
    'spec.selector of Deployment.apps "web" in namespace "ns" cannot change while the object exists. Either put the field back to what the cluster has, or give the object another name in Git (the old one is then pruned), or annotate the manifest with argocd.argoproj.io/sync-options: Replace=true,Force=true, which deletes and re-creates it, or delete it by hand and sync again; mind that its pods are stopped meanwhile.',
  )
  expect(definition?.message).not.toContain('Force=true')
  expect(immutableAdvice({ ...state, phase: 'Succeeded' })).toEqual([])
})
