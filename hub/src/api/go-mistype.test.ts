import * as bodies from '@flotilla/shared/api/bodies'
import { expect, test } from 'vitest'
import { goMistype } from './go-mistype.ts'

test.each([
  ['prune', { dryRun: true, prune: 1 }, 'number', 'ApplicationSyncRequest.prune', 'bool'],
  ['a list', { resources: {} }, 'object', 'ApplicationSyncRequest.resources', '[]*v1alpha1.SyncOperationResource'],
  ['an item', { resources: [1] }, 'number', 'ApplicationSyncRequest.resources', 'v1alpha1.SyncOperationResource'],
  ['in an item', { resources: [{ kind: 5 }] }, 'number', 'SyncOperationResource.resources.kind', 'string'],
  ['an object', { strategy: [] }, 'array', 'ApplicationSyncRequest.strategy', 'v1alpha1.SyncStrategy'],
  ['far down', { strategy: { apply: { force: 'x' } } }, 'string', 'SyncStrategyApply.strategy.apply.force', 'bool'],
  ['texts', { revisions: 'x' }, 'string', 'ApplicationSyncRequest.revisions', '[]string'],
  ['options', { syncOptions: { items: 'x' } }, 'string', 'SyncOptions.syncOptions.items', '[]string'],
  ['a fraction', { retryStrategy: { limit: 1.5 } }, 'number 1.5', 'RetryStrategy.retryStrategy.limit', 'int64'],
  ['a number', { sourcePositions: ['x'] }, 'string', 'ApplicationSyncRequest.sourcePositions', 'int64'],
  ['the first of two', { infos: [{ name: 1 }], prune: 'x' }, 'number', 'Info.infos.name', 'string'],
])('of a sync: %s', (_, body, value, field, type) => {
  const words = `json: cannot unmarshal ${value} into Go struct field ${field} of type ${type}`
  expect(goMistype(bodies.Sync, body)).toBe(words)
})

const spec = { destinations: {} }
test.each([
  [
    bodies.ApplicationSpecBody,
    { source: 5 },
    'number',
    'struct field ApplicationSpec.source',
    'v1alpha1.ApplicationSource',
  ],
  [
    bodies.ApplicationBody,
    { metadata: { labels: [] } },
    'array',
    'struct field ObjectMeta.metadata.labels',
    'map[string]string',
  ],
  [
    bodies.ApplicationBody,
    { metadata: { labels: { a: 1 } } },
    'number',
    'struct field ObjectMeta.metadata.labels',
    'string',
  ],
  [
    bodies.ProjectBody,
    { project: { spec } },
    'object',
    'struct field AppProjectSpec.project.spec.destinations',
    '[]v1alpha1.ApplicationDestination',
  ],
  [bodies.Rollback, { id: {} }, 'object', 'struct field ApplicationRollbackRequest.id', 'int64'],
  [bodies.Session, [], 'array', 'value', 'session.SessionCreateRequest'],
] as const)('of others, %#', (schema, body, value, where, type) => {
  expect(goMistype(schema, body)).toBe(`json: cannot unmarshal ${value} into Go ${where} of type ${type}`)
})

test('says nothing of what is right, nothing, or unknown', () => {
  expect(
    goMistype(bodies.Sync, { prune: true, resources: null, unknown: 1, retryStrategy: { limit: -1 } }),
  ).toBeUndefined()
  expect(goMistype(bodies.Enrolment, { labels: 1 })).toBeUndefined()
})
