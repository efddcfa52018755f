import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { differ } from './diff.ts'
import { mergeOwned, withoutMutations } from './structured-merge.ts'
import { settings } from './testing/operation-world.ts'

const thing = (spec: object, managers: Readonly<Record<string, object>> = {}): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: {
    name: 't',
    namespace: 'ns',
    managedFields: Object.entries(managers).map(([manager, fields]) => ({
      manager,
      operation: 'Apply',
      apiVersion: 'example.com/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': fields },
    })),
  },
  spec,
})

const ours = (fields: object) => ({ 'argocd-controller': fields })
const wanted = (spec: object): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 't', namespace: 'ns' },
  spec,
})

test('where nothing changes the live object is the answer', () => {
  const live = thing({ list: [{ name: 'a', n: 1 }, { name: 'b' }], map: { a: 1 } }, ours({ 'f:list': {}, 'f:map': {} }))
  expect(mergeOwned(wanted({ list: [{ name: 'a', n: 1 }, { name: 'b' }] }), live)).not.toBe(live)
  expect(mergeOwned(wanted({ list: [{ name: 'a', n: 1 }, { name: 'b' }], map: { a: 1 } }), live)).toBe(live)
})

test('a map that was empty when it was applied is merged field by field, one that was not is replaced', () => {
  const live = thing({ mode: 'auto', size: 3 }, { 'argocd-controller': {} })
  expect(mergeOwned(wanted({ size: 3 }), live, wanted({}))).toBe(live)
  expect(mergeOwned(wanted({ size: 3 }), live)['spec']).toEqual({ size: 3 })
})

test('what another version of a definition owned is owned in this one', () => {
  const older = thing({ a: 1, b: 2 }, ours({ 'f:a': {}, 'f:b': {} }))
  const managedFields = (older.metadata.managedFields ?? []).map((entry) => ({
    ...entry,
    apiVersion: 'example.com/v1beta1',
  }))
  const live = { ...older, metadata: { ...older.metadata, managedFields } }
  expect(mergeOwned(wanted({ a: 1 }), live)).toEqual({ ...live, spec: { a: 1 } })
})

test('items without the key by which others are known are compared as what was applied last', () => {
  const live = thing({ list: [{ name: 'a' }] }, ours({ 'f:list': { 'k:{"name":"a"}': { '.': {}, 'f:name': {} } } }))
  const diff = differ({ settings: { ...settings, syncPolicy: { syncOptions: ['ServerSideApply=true'] } } })
  expect(diff(wanted({ list: [{ n: 1 }] }), live).modified).toBe(true)
})

test('a webhook that writes in our name is taken for us', () => {
  const live = thing({ a: 1 }, ours({ 'f:a': {} }))
  const mine = { manager: 'argocd-controller', apiVersion: 'example.com/v1' }
  const dryRun = {
    ...live,
    metadata: {
      ...live.metadata,
      managedFields: [
        { ...mine, operation: 'Apply', fieldsV1: { 'f:spec': { 'f:a': {} } } },
        { ...mine, operation: 'Update', fieldsV1: { 'f:spec': { 'f:on': {} } } },
      ],
    },
    spec: { a: 1, on: true, other: 1 },
  }
  expect(withoutMutations(live, dryRun)['spec']).toEqual({ a: 1, on: true })
})

test('the keys of an item stay beside what is owned of it, where there are several', () => {
  const key = 'k:{"port":80,"protocol":"TCP"}'
  const fields = ours({ 'f:ports': { [key]: { '.': {}, 'f:port': {}, 'f:name': {} } } })
  const live = thing({ ports: [{ port: 80, protocol: 'TCP' }] }, fields)
  const dryRun = thing({ ports: [{ port: 80, protocol: 'TCP', name: 'n', more: 1 }] }, fields)
  expect(withoutMutations(live, dryRun)['spec']).toEqual({ ports: [{ port: 80, protocol: 'TCP', name: 'n' }] })
})
