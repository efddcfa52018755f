import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manageApply } from '../apiserver/apply/field-manager.ts'
import { builtinType } from '../apiserver/schema/builtin.ts'
import type { KubeObject } from '../k8s/object.ts'
import { differ } from './diff.ts'
import { emptySet } from '../k8s/structured/field-set.ts'
import { oneVersion } from '../k8s/structured/versions.ts'
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

const protocols = fc.constantFrom('TCP', 'UDP')
const port = fc.record({ port: fc.constantFrom(53, 80), protocol: protocols, name: fc.constantFrom('a', 'b') })
const service = fc
  .record(
    {
      ports: fc.uniqueArray(port, { maxLength: 3, selector: (one) => `${one.port}/${one.protocol}` }),
      selector: fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('x', 'y')),
      externalIPs: fc.uniqueArray(fc.constantFrom('192.0.2.1', '192.0.2.2'), { maxLength: 2 }),
      type: fc.constantFrom('ClusterIP', 'NodePort'),
    },
    { requiredKeys: [] },
  )
  .map((spec): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'ns' },
    spec,
  }))

test('what an API server makes of an apply is foreseen, and no difference once it is made', () => {
  const versions = oneVersion('v1', builtinType('io.k8s.api.core.v1.Service'))
  const apply = (live: KubeObject, config: KubeObject, manager: string, creating = false): KubeObject => {
    const writer = { manager, apiVersion: 'v1', subresource: '', now: '2026-01-01T00:00:00Z' }
    return manageApply(versions, live, config, writer, true, emptySet, creating).object
  }
  const blank: KubeObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'ns' } }
  const writes = fc.array(fc.tuple(fc.constantFrom('argocd-controller', 'tuner'), service), {
    minLength: 1,
    maxLength: 4,
  })
  const asked = { ...settings, syncPolicy: { syncOptions: ['ServerSideApply=true'] } }
  fc.assert(
    fc.property(writes, service, (before, config) => {
      let live = blank
      for (const [index, [manager, object]] of before.entries()) live = apply(live, object, manager, index === 0)
      const after = apply(live, config, 'argocd-controller')
      const { managedFields: _, ...metadata } = after.metadata
      const foreseen = mergeOwned(config, live)
      expect({ ...foreseen, metadata: { ...foreseen.metadata, managedFields: undefined } }).toEqual({
        ...after,
        metadata,
      })
      for (const options of [asked, settings]) expect(differ({ settings: options })(config, after).modified).toBe(false)
    }),
  )
})
