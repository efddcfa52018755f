import { expect, test } from 'vitest'
import { differ } from './diff.ts'
import { ownedPart } from './managed-fields.ts'
import { settings } from './testing/operation-world.ts'

test('what was applied empty is owned empty, whatever others put there since', () => {
  const set = { 'f:spec': {}, 'f:list': {} }
  const live = { spec: { n: 3 }, list: [1] }
  expect(ownedPart(live, set, { spec: {}, list: [] })).toEqual({ spec: {}, list: [] })
  expect(ownedPart(live, set, { spec: { n: 3 }, list: [1] })).toEqual(live)
})

test('fields that the server fills into an empty map are no difference', () => {
  const target = { apiVersion: 'x.example.com/v1', kind: 'W', metadata: { name: 'w', namespace: 'ns' }, spec: {} }
  const entry = { manager: 'argocd-controller', operation: 'Apply' as const, fieldsV1: { 'f:spec': {} } }
  const live = { ...target, metadata: { ...target.metadata, managedFields: [entry] }, spec: { n: 3 } }
  expect(differ({ settings })(target, live).modified).toBe(false)
})
