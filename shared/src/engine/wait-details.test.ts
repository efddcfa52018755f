import { expect, test } from 'vitest'
import type { OperationState, ResourceResult } from '../argo/application.ts'
import { announcedPlan, isWorthTelling, type PlannedStep } from './announced-plan.ts'
import type { ComparedResource } from './compare-types.ts'
import { syncOptionsOf } from './sync-options.ts'
import { driftDetails, heldBy, waitDetails } from './wait-details.ts'
import { taskOf } from './plan.ts'

function step(phase: PlannedStep['phase'], wave: number, name: string): PlannedStep {
  return { phase, wave, group: '', kind: 'ConfigMap', namespace: 't', name, does: 'create' }
}

function row(name: string, more: Partial<ResourceResult> = {}): ResourceResult {
  return { group: '', version: 'v1', kind: 'ConfigMap', namespace: 't', name, syncPhase: 'Sync', ...more }
}

function state(...resources: ResourceResult[]): OperationState {
  return { operation: {}, phase: 'Running', startedAt: 'x', syncResult: { revision: 'r', resources } }
}

const object = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 't' } })
const live = ({ name }: { readonly name: string }) => (name === 'lost' ? undefined : object(name))
const health = () => ({ status: 'Progressing' as const, message: 'at it' })

test('names where an operation stands and what comes after, not what comes only if it fails', () => {
  const plan = [
    step('Sync', 0, 'a'),
    ...['b', 'c', 'd', 'e'].map((name) => step('Sync', 1, name)),
    step('SyncFail', 0, 'f'),
  ]
  expect(waitDetails({ state: state(row('a', { hookPhase: 'Running' })), plan, live, health })).toEqual([
    'step 1 of 2: wave 0 of Sync',
    'ConfigMap t/a is Progressing: at it',
    'after it: wave 1 of Sync: create ConfigMap t/b, create ConfigMap t/c, create ConfigMap t/d and 1 more',
  ])
})

test('one step alone has no place among others', () => {
  const running = row('a', { hookPhase: 'Running' })
  expect(waitDetails({ state: state(running), plan: [step('Sync', 0, 'a')], live, health })).toEqual([
    'ConfigMap t/a is Progressing: at it',
  ])
  expect(waitDetails({ state: state(row('a', { hookPhase: 'Succeeded' })), live, health })).toEqual([])
})

test('what is awaited and is not there is told', () => {
  expect(waitDetails({ state: state(row('lost', { hookPhase: 'Running' })), live, health })).toEqual([
    'ConfigMap t/lost is not there',
  ])
})

test('what is being deleted names who holds it', () => {
  const leaving = { ...object('a'), metadata: { name: 'a', deletionTimestamp: 'then', finalizers: ['x/y', 'z'] } }
  expect(heldBy(leaving)).toBe('ConfigMap a is being deleted since then, held by its finalizers: x/y, z')
  expect(heldBy({ ...leaving, metadata: { name: 'a', deletionTimestamp: 'then' } })).toBe(
    'ConfigMap a is being deleted since then',
  )
  expect(heldBy(object('a'))).toBeUndefined()
})

test('a plan says of each object what will be done', () => {
  const flags = { hook: false, outOfSync: true }
  const tasks = [
    taskOf('PreSync', 0, object('hook'), undefined, { hook: true, outOfSync: false }),
    taskOf('Sync', 0, object('new'), undefined, flags),
    taskOf('Sync', 0, object('old'), object('old'), flags),
    taskOf('Sync', 0, object('same'), object('same'), { ...flags, outOfSync: false }),
    taskOf('Sync', 1, undefined, object('gone'), flags),
  ]
  const does = (prune: boolean) =>
    announcedPlan(tasks, { prune, options: syncOptionsOf([], {}) }).map((one) => one.does)
  expect(does(true)).toEqual(['run', 'create', 'update', 'apply', 'prune'])
  expect(does(false)).toEqual(['run', 'create', 'update', 'apply', 'keep'])
})

test('one wave of objects alone is not worth a plan', () => {
  expect(isWorthTelling([step('Sync', 0, 'a'), step('Sync', 0, 'b')])).toBe(false)
  expect(isWorthTelling([step('Sync', 0, 'a'), step('Sync', 1, 'b')])).toBe(true)
  expect(isWorthTelling([{ ...step('Sync', 0, 'a'), does: 'prune' }])).toBe(true)
  // Its namespace first.
  expect(isWorthTelling([step('PreSync', 0, 'n'), step('Sync', 0, 'a')])).toBe(false)
})

test('what differs is named, with who wrote it last', () => {
  const managedFields = [
    { manager: 'argocd-controller', time: '2026-01-03T00:00:00Z' },
    { manager: 'kubectl-edit', time: '2026-01-01T00:00:00Z' },
    { manager: 'autoscaler', time: '2026-01-02T00:00:00Z' },
  ]
  const written = { ...object('a'), metadata: { name: 'a', namespace: 't', managedFields } }
  const resource = (name: string, status: string, more: object) =>
    ({
      key: { group: '', kind: 'ConfigMap', namespace: 't', name },
      row: { status },
      ...more,
    }) as unknown as ComparedResource
  const resources = [
    resource('same', 'Synced', { target: object('same'), live: object('same') }),
    resource('a', 'OutOfSync', { target: object('a'), live: written }),
    resource('b', 'OutOfSync', { target: object('b') }),
    resource('c', 'OutOfSync', { live: object('c') }),
    resource('d', 'OutOfSync', { target: object('d') }),
  ]
  expect(driftDetails({ resources })).toEqual([
    'ConfigMap t/a differs from Git, written last by autoscaler at 2026-01-02T00:00:00Z',
    'ConfigMap t/b is missing',
    'ConfigMap t/c is not in Git any more',
    'and 1 more',
  ])
})
