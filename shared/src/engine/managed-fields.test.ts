import { expect, test } from 'vitest'
import { differ } from './diff.ts'
import { ownedPart } from './managed-fields.ts'
import { settings } from './testing/operation-world.ts'

test('what was applied empty is owned empty, whatever others put there since', () => {
  const set = { 'f:spec': {}, 'f:list': {} }
  const live = { spec: { n: 3 }, list: [1] }
  expect(ownedPart(live, set, { wanted: { spec: {}, list: [] }, filled: false })).toEqual({ spec: {}, list: [] })
  expect(ownedPart(live, set, { wanted: { spec: { n: 3 }, list: [1] }, filled: false })).toEqual(live)
})

test('what can only be owned whole was applied as it is there, though it is wanted empty now', () => {
  const policy = (podSelector: object, more = {}) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'ns', ...more },
    spec: { podSelector, policyTypes: ['Ingress'] },
  })
  const fieldsV1 = { 'f:spec': { 'f:podSelector': {}, 'f:policyTypes': {} } }
  const managedFields = [{ manager: 'argocd-controller', operation: 'Apply', fieldsV1 }]
  const { modified, predictedLive } = differ({ settings })(
    policy({}),
    policy({ matchLabels: { app: 'x' } }, { managedFields }),
  )
  expect(modified).toBe(true)
  expect(predictedLive?.['spec']).toEqual({ podSelector: {}, policyTypes: ['Ingress'] })
})

test('a key of items that Git leaves to its default is no difference', () => {
  const thing = (ports: readonly object[], more = {}) => ({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 't', namespace: 'ns', ...more },
    spec: { ports },
  })
  const fieldsV1 = { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } } }
  const managedFields = [{ manager: 'argocd-controller', operation: 'Apply', fieldsV1 }]
  const live = thing([{ port: 80, protocol: 'TCP' }], { managedFields })
  expect(differ({ settings })(thing([{ port: 80 }]), live).modified).toBe(false)
  expect(differ({ settings })(thing([{ port: 81 }]), live).modified).toBe(true)
})

test('the items of a set are in the order of the object', () => {
  const set = { 'k:{"name":"a"}': { '.': {}, 'f:name': {} }, 'k:{"name":"b"}': { '.': {}, 'f:name': {} } }
  expect(ownedPart([{ name: 'b', on: true }, { name: 'a' }], set)).toEqual([{ name: 'b' }, { name: 'a' }])
})

test('fields that the server fills into an empty map are no difference', () => {
  const target = { apiVersion: 'x.example.com/v1', kind: 'W', metadata: { name: 'w', namespace: 'ns' }, spec: {} }
  const entry = { manager: 'argocd-controller', operation: 'Apply' as const, fieldsV1: { 'f:spec': {} } }
  const live = { ...target, metadata: { ...target.metadata, managedFields: [entry] }, spec: { n: 3 } }
  expect(differ({ settings })(target, live).modified).toBe(false)
})

test('what the server fills into the templates of claims is no difference', () => {
  const template = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }
  const filled = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...template, status: { phase: 'Pending' } }
  const of = (volumeClaimTemplates: readonly object[], more = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'ns', ...more },
    spec: { volumeClaimTemplates },
  })
  const fieldsV1 = { 'f:spec': { 'f:volumeClaimTemplates': {} } }
  const live = of([filled], { managedFields: [{ manager: 'argocd-controller', operation: 'Apply', fieldsV1 }] })
  expect(differ({ settings })(of([template]), live).modified).toBe(false)
  const other = { ...template, spec: { accessModes: ['ReadWriteMany'] } }
  expect(differ({ settings })(of([other]), live).modified).toBe(true)
})

test('in the lists of custom resources only what was applied counts: defaults are no difference, what Git drops is', () => {
  const route = (rules: readonly object[], more = {}) => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'r', namespace: 'ns', ...more },
    spec: { rules },
  })
  const fieldsV1 = { 'f:spec': { 'f:rules': {} } }
  const managedFields = [{ manager: 'argocd-controller', operation: 'Apply', fieldsV1 }]
  const live = route([{ name: 'a', weight: 2, path: '/' }], { managedFields })
  const diff = differ({ settings, applied: () => route([{ name: 'a', weight: 2 }]) })
  expect(diff(route([{ name: 'a', weight: 2 }]), live).modified).toBe(false)
  expect(diff(route([{ name: 'a' }]), live).modified).toBe(true)
  expect(diff(route([{ name: 'a', weight: 3 }]), live).modified).toBe(true)
})

test('where the types are not known the lists of a manager are values, and its maps are not', () => {
  const thing = (spec: object, more = {}) => ({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 't', namespace: 'ns', ...more },
    spec,
  })
  const of = (fieldsV1: object) => ({ managedFields: [{ manager: 'm', operation: 'Update', fieldsV1 }] })
  const ignoreDifferences = [{ group: '*', kind: '*', managedFieldsManagers: ['m'] }]
  const differs = differ({ settings: { ...settings, ignoreDifferences }, untyped: true })
  const inList = of({ 'f:spec': { 'f:list': { 'k:{"name":"a"}': { 'f:port': {} } } } })
  const items = (port: number) => ({ list: [{ name: 'a', port }] })
  expect(differs(thing(items(1)), thing(items(2), inList)).modified).toBe(true)
  const whole = of({ 'f:spec': { 'f:list': {} } })
  expect(differs(thing(items(1)), thing(items(2), whole)).modified).toBe(false)
  const map = of({ 'f:spec': { 'f:map': {} } })
  expect(differs(thing({ map: { a: 1 } }), thing({ map: { a: 2 } }, map)).modified).toBe(true)
})

test('a map whose last field a manager has is null', () => {
  const thing = (spec: object, more = {}) => ({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 't', namespace: 'ns', ...more },
    spec,
  })
  const entry = { manager: 'm', operation: 'Update', fieldsV1: { 'f:spec': { 'f:map': { 'f:a': {} } } } }
  const ignoreDifferences = [{ group: '*', kind: '*', managedFieldsManagers: ['m'] }]
  const live = thing({ map: { a: 2 } }, { managedFields: [entry] })
  const { modified, normalizedLive } = differ({ settings: { ...settings, ignoreDifferences } })(
    thing({ map: { a: 1 } }),
    live,
  )
  expect(modified).toBe(false)
  expect(normalizedLive?.['spec']).toEqual({ map: null })
})
