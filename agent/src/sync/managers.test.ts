import type { KubeObject, ManagedFieldsEntry } from '@flotilla/shared/k8s/object'
import { expect, test } from 'vitest'
import { migratedManagers } from './managers.ts'

const memory = 'f:kubectl.kubernetes.io/last-applied-configuration'

function entry(manager: string, operation: 'Apply' | 'Update', fields: object, more = {}): ManagedFieldsEntry {
  return { manager, operation, apiVersion: 'v1', fieldsV1: fields as Record<string, unknown>, ...more }
}

function object(...managedFields: ManagedFieldsEntry[]): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', managedFields } }
}

function owners(live: KubeObject, manager?: string): unknown {
  return migratedManagers(live, manager)?.map((each) => [each.manager, each.operation, each.fieldsV1])
}

test('a client that is to be taken over hands on what it owns', () => {
  const live = object(
    entry('kubectl-client-side-apply', 'Update', { 'f:data': { 'f:k': {} } }),
    entry('hpa', 'Update', {}),
  )
  expect(owners(live, 'kubectl-client-side-apply')).toEqual([
    ['argocd-controller', 'Apply', { 'f:data': { 'f:k': {} } }],
    ['hpa', 'Update', {}],
  ])
  expect(owners(live, 'other')).toBeUndefined()
})

test('whoever left its memory on the object is taken over, into what we own already', () => {
  const theirs = { 'f:metadata': { 'f:annotations': { [memory]: {} } }, 'f:data': { 'f:old': {} } }
  const live = object(
    entry('argocd-controller', 'Apply', { 'f:data': { 'f:k': {} } }),
    entry('argocd', 'Update', theirs),
  )
  expect(owners(live)).toEqual([['argocd-controller', 'Apply', { ...theirs, 'f:data': { 'f:k': {}, 'f:old': {} } }]])
})

test('what was written by way of the status, or in another version, is no part of it', () => {
  const status = entry('kubectl', 'Update', { 'f:status': {} }, { subresource: 'status' })
  const old = entry('kubectl', 'Update', { 'f:x': {} }, { apiVersion: 'v1beta1' })
  const live = object(entry('argocd-controller', 'Apply', {}), old, status)
  expect(owners(live, 'kubectl')).toEqual([
    ['argocd-controller', 'Apply', {}],
    ['kubectl', 'Update', { 'f:status': {} }],
  ])
})
