import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { compare } from './compare.ts'
import { deletePoliciesOf } from './hooks.ts'
import { hookTypes } from './hook-type.ts'
import { compareTasks, planSync, taskOf } from './plan.ts'
import { parseSyncOptions } from './sync-options.ts'
import { settings } from './testing/operation-world.ts'
import { mirroredWaves } from './waves.ts'

const task = fc
  .record({
    phase: fc.constantFrom('PreSync', 'Sync', 'PostSync', 'SyncFail'),
    wave: fc.integer({ min: -3, max: 3 }),
    kind: fc.constantFrom('ConfigMap', 'Namespace', 'Deployment', 'Widget', 'Gadget'),
    name: fc.constantFrom('a', 'b', 'c'),
  })
  .map(({ phase, wave, kind, name }) => {
    const target: KubeObject = { apiVersion: 'v1', kind, metadata: { name } }
    return taskOf(phase as 'Sync', wave, target, undefined, { hook: false, outOfSync: true })
  })

test('the order of tasks is total, and does not depend on the order they come in', () => {
  fc.assert(
    fc.property(fc.uniqueArray(task, { selector: ({ id }) => id }), fc.infiniteStream(fc.nat()), (tasks, numbers) => {
      const shuffled = tasks
        .map((one) => ({ one, at: numbers.next().value }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ one }) => one)
      expect(shuffled.toSorted(compareTasks)).toEqual(tasks.toSorted(compareTasks))
      for (const one of tasks) expect(compareTasks(one, one)).toBe(0)
    }),
  )
})

test('waves are pruned the other way round', () => {
  expect([...mirroredWaves([1, 2, 5])]).toEqual([
    [1, 5],
    [2, 2],
    [5, 1],
  ])
})

test('T-19: words of hooks that every JavaScript object knows are words as any other', () => {
  const object = (annotations: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', annotations },
  })
  for (const word of ['constructor', '__proto__', 'toString']) {
    expect(hookTypes(object({ 'helm.sh/hook': word }))).toEqual([])
    const policies = deletePoliciesOf(object({ 'argocd.argoproj.io/hook-delete-policy': word }))
    expect([...policies]).toEqual(['BeforeHookCreation'])
  }
})

test('a hook of an earlier commit that is an ordinary object by now is applied', () => {
  const object = (annotations: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'ns', annotations },
  })
  const tracked = { 'argocd.argoproj.io/tracking-id': 'app:/ConfigMap:ns/a' }
  const live = object({ 'argocd.argoproj.io/hook': 'PreSync', ...tracked })
  const kinds = new Map()
  const input = { settings, kinds, manifests: [object({})], live: [live] }
  const tasks = planSync({
    comparison: compare(input),
    settings,
    sync: {},
    options: parseSyncOptions([]),
    revision: '',
    startedAt: '',
    live: () => live,
  })
  expect(tasks.map(({ phase, hook, key }) => [phase, hook, key.name])).toEqual([['Sync', false, 'a']])
})
