import { expect, test } from 'vitest'
import type { ComparedResource, Comparison } from './compare-types.ts'
import { unseenConditions, withUnseen } from './unseen.ts'

const resource = (group: string, kind: string, status: 'Synced' | 'OutOfSync'): ComparedResource => ({
  key: { group, kind, namespace: 'a', name: 'x' },
  version: 'v1',
  hook: false,
  modified: status === 'OutOfSync',
  row: { group, version: 'v1', kind, namespace: 'a', name: 'x', status },
})
const comparison: Comparison = {
  sync: 'Synced',
  resources: [resource('apps', 'Deployment', 'Synced'), resource('', 'Secret', 'OutOfSync')],
  hooks: [],
  conditions: [],
}

test('F-33: what cannot be listed is Unknown, never as it was seen last; the rest stays, and the reason is told', () => {
  const seen = withUnseen(comparison, ({ kind }) =>
    kind === 'Deployment' ? 'deployments.apps is forbidden' : undefined,
  )
  expect(seen.sync).toBe('Unknown')
  expect(seen.resources.map(({ row }) => row.status)).toEqual(['Unknown', 'OutOfSync'])
  expect(unseenConditions(seen)).toEqual([
    {
      type: 'ComparisonError',
      message:
        'Failed to load live state: failed to load initial state of resource Deployment.apps: deployments.apps is forbidden',
    },
  ])
})

test('kinds of others that cannot be seen do not matter', () => {
  expect(withUnseen(comparison, ({ kind }) => (kind === 'Job' ? 'no' : undefined))).toBe(comparison)
})

test('F-33: a kind that the application had objects of is not forgotten because Git does not name it any more', () => {
  const had = [{ group: 'batch', kind: 'Job', namespace: 'a' }]
  const seen = withUnseen(comparison, ({ kind }) => (kind === 'Job' ? 'no' : undefined), had)
  expect([seen.sync, [...(seen.blind ?? [])]]).toEqual(['Unknown', [['batch/Job', 'no']]])
})
