import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { rehearse } from './operation-progress.ts'
import { taskOf } from './plan.ts'
import { parseSyncOptions } from './sync-options.ts'

test('an object whose name its server would make cannot be applied, in the words of kubectl', () => {
  const target: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } }
  const task = taskOf('Sync', 0, target, undefined, { hook: false, outOfSync: true })
  const seen = { tasks: [task], options: parseSyncOptions([]), now: '', begun: new Set<string>() }
  const state = rehearse(
    { phase: 'Running', operation: {}, startedAt: '' },
    {
      ...seen,
      health: () => undefined,
      pruneConfirmed: false,
    },
  )
  expect(state.phase).toBe('Failed')
  expect(state.syncResult?.resources?.[0]?.message).toBe('from gen-: cannot use generate name with apply')
})
