import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import type { SyncTask } from './plan.ts'
import { parseSyncOptions } from './sync-options.ts'
import { invalid } from './validate.ts'

const kind = { group: 'a.example', version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: true, verbs: [] }

function task(target: KubeObject, group: string, version: string): SyncTask {
  return {
    id: target.kind,
    phase: 'Sync',
    wave: 0,
    namespace: 'n',
    version,
    target,
    key: { group, kind: target.kind, namespace: 'n', name: target.metadata.name ?? '' },
    hook: false,
    outOfSync: true,
    deletePolicies: new Set(),
  }
}

const widget = task({ apiVersion: 'a.example/v2', kind: 'Widget', metadata: { name: 'w' } }, 'a.example', 'v2')
const definition = task(
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets' },
    spec: { group: 'a.example', names: { kind: 'Widget' } },
  },
  'apiextensions.k8s.io',
  'v1',
)

const check = (...tasks: SyncTask[]) =>
  invalid({ phase: 'Running', operation: {}, startedAt: '' } as never, {
    tasks,
    options: parseSyncOptions([]),
    kinds: new Map([
      ['a.example/Widget', kind],
      ['apiextensions.k8s.io/CustomResourceDefinition', { ...kind, group: 'apiextensions.k8s.io' }],
    ]),
    versions: new Set(['a.example/v1', 'apiextensions.k8s.io/v1']),
    project: 'default',
    projectSpec: {
      clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      namespaceResourceWhitelist: [{ group: '*', kind: '*' }],
    },
    namespacePermitted: () => true,
    refused: () => undefined,
    now: '',
  })

test('a version that nobody serves fails a sync', () => {
  expect(check(widget)?.message).toMatch(/failed to discover server resources for group version a.example\/v2/)
})

test('a version that the definition in the same sync brings does not', () => {
  expect(check(definition, widget)).toBeUndefined()
})

test('a kind that a served version of its group lacks is not found, as its server says', () => {
  const other = task({ apiVersion: 'a.example/v1', kind: 'Other', metadata: { name: 'o' } }, 'a.example', 'v1')
  const failed = check(other)
  expect(failed?.message).toBe('one or more synchronization tasks are not valid: Other.a.example "" not found')
  expect(failed?.syncResult?.resources?.[0]?.message).toBe('Other.a.example "" not found')
})

test('a kind that only another group has is told of by that', () => {
  const moved = task({ apiVersion: 'b.example/v1', kind: 'Widget', metadata: { name: 'w' } }, 'b.example', 'v1')
  expect(check(moved)?.syncResult?.resources?.[0]?.message).toBe(
    'The Kubernetes API could not find version "v1" of b.example/Widget for requested resource n/w. ' +
      'Version "v1" of a.example/Widget is installed on the destination cluster.',
  )
})
