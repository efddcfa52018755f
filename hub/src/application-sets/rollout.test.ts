import { describe, expect, it, test } from 'vitest'
import { deletionStep } from './deletion.ts'
import { assignSteps } from './rollout-steps.ts'
import { rollOut, type RolloutApp, type RolloutInput } from './rollout.ts'
import type { ApplicationSet, ApplicationSetSpec, RolloutStatus, RolloutStep } from './types.ts'

const now = '2026-01-01T00:00:00Z'
const step = (value: string, maxUpdate?: number | string): RolloutStep => ({
  matchExpressions: [{ key: 'env', operator: 'In', values: [value] }],
  ...(maxUpdate === undefined ? {} : { maxUpdate }),
})
const steps = [step('dev'), step('prod')]
const app = (name: string, over: Partial<RolloutApp> = {}): RolloutApp => ({
  name,
  revisions: ['r1'],
  sync: 'OutOfSync',
  health: 'Missing',
  specChanged: false,
  stale: false,
  broken: false,
  begun: undefined,
  ...over,
})
const status = (
  application: string,
  to: RolloutStatus['status'],
  over: Partial<RolloutStatus> = {},
): RolloutStatus => ({
  application,
  status: to,
  message: '',
  step: application.startsWith('dev') ? '1' : '2',
  targetRevisions: ['r1'],
  lastTransitionTime: now,
  ...over,
})
const named = (...names: readonly string[]) =>
  names.map((name) => ({ name, labels: { env: name.replace(/\d+$/, '') } }))
const run = (over: Partial<RolloutInput>) => {
  const applications = over.applications ?? []
  const desired = named(...applications.map(({ name }) => name))
  const { statuses, sync, conditions } = rollOut({ steps, desired, applications, before: [], now, ...over })
  return {
    statuses: statuses.map((each) => `${each.application} ${each.step} ${each.status}`),
    sync: [...sync],
    conditions: conditions.map(({ message }) => message),
  }
}

describe('where an application stands', () => {
  const synced = { sync: 'Synced', health: 'Healthy' }
  test.each([
    ['new', undefined, {}, 'Pending'],
    ['new, synced already', undefined, synced, 'Healthy'],
    ['new, synced, not healthy yet', undefined, { sync: 'Synced', health: 'Progressing' }, 'Progressing'],
    ['asked to sync, not begun', 'Pending', {}, 'Pending'],
    ['asked to sync, synced from before', 'Pending', synced, 'Pending'],
    ['begun', 'Pending', { begun: 'Running' }, 'Progressing'],
    ['begun and failed', 'Pending', { begun: 'Failed' }, 'Progressing'],
    ['cannot begin', 'Pending', { broken: true }, 'Progressing'],
    ['not healthy yet', 'Progressing', { sync: 'Synced', health: 'Progressing' }, 'Progressing'],
    ['healthy, but not synced', 'Progressing', { sync: 'OutOfSync', health: 'Healthy' }, 'Progressing'],
    ['done', 'Progressing', synced, 'Healthy'],
    ['broken later', 'Healthy', { sync: 'OutOfSync', health: 'Degraded' }, 'Healthy'],
    ['another commit', 'Healthy', { revisions: ['r2'] }, 'Pending'],
    ['another commit, that changes nothing', 'Healthy', { revisions: ['r2'], ...synced }, 'Healthy'],
    ['another spec, which nobody has compared', 'Healthy', { specChanged: true, ...synced }, 'Pending'],
    ['a status of the old spec', 'Progressing', { stale: true, ...synced }, 'Progressing'],
  ] as const)('%s', (_, before, seen, after) => {
    const known = before ? [status('dev', before)] : []
    expect(run({ applications: [app('dev', seen)], before: known }).statuses).toEqual([`dev 1 ${after}`])
  })
})

describe('steps', () => {
  it('waits with a step until all of the one before are healthy', () => {
    const applications = [app('dev1'), app('dev2', { sync: 'Synced', health: 'Healthy' }), app('prod')]
    expect(run({ applications })).toEqual({
      statuses: ['dev1 1 Pending', 'dev2 1 Healthy', 'prod 2 Waiting'],
      sync: ['dev1'],
      conditions: ['Rolling Sync Configured correctly', 'ApplicationSet is performing rollout of step 1'],
    })
  })

  it('goes on, and is done', () => {
    const healthy = { sync: 'Synced', health: 'Healthy' }
    const half = run({ applications: [app('dev', healthy), app('prod')] })
    expect(half.sync).toEqual(['prod'])
    const done = run({ applications: [app('dev', healthy), app('prod', healthy)] })
    expect(done.conditions[1]).toBe('ApplicationSet Rollout has completed')
  })

  it('does not go on before all applications of a step are there', () => {
    const seen = run({ applications: [app('prod')], desired: named('dev', 'prod') })
    expect(seen.statuses).toEqual(['prod 2 Waiting'])
  })

  it('never syncs what no step has', () => {
    expect(run({ applications: [app('other')] }).statuses).toEqual(['other -1 Waiting'])
  })

  test.each([
    [undefined, 4],
    [0, 0],
    [1, 1],
    [3, 3],
    ['0%', 0],
    ['10%', 1],
    ['50%', 2],
    ['many', 1],
  ])('maxUpdate %s of four: %s', (maxUpdate, count) => {
    const applications = ['dev1', 'dev2', 'dev3', 'dev4'].map((name) => app(name))
    expect(run({ applications, steps: [step('dev', maxUpdate)] }).sync).toHaveLength(count)
  })

  it('counts those that are on their way already', () => {
    const applications = [app('dev1'), app('dev2')]
    const before = [status('dev1', 'Progressing'), status('dev2', 'Waiting')]
    expect(run({ applications, before, steps: [step('dev', 1)] }).sync).toEqual([])
  })
})

test.each([
  [[step('dev'), step('dev')], "Application 'dev' is selected by multiple steps: (1-2)"],
  [[step('dev'), step('none')], 'Steps [2] have no applications matching their criteria'],
  [[step('dev', 'x')], 'Step 1 has an invalid maxUpdate value: x'],
  [
    [{ matchExpressions: [{ key: 'env', operator: 'Exists' }] }],
    "Step 1 has invalid matchExpression operators: Exists. Supported Operators are 'In' and 'NotIn'",
  ],
])('what is wrong with steps: %#', (wrong, message) => {
  expect(run({ applications: [app('dev')], steps: wrong }).conditions[0]).toBe(message)
})

test('a label that is not there: no value is in, and none is kept out', () => {
  const expression = { key: 'none', values: ['x'] }
  const both = [
    { matchExpressions: [{ ...expression, operator: 'In' }] },
    { matchExpressions: [{ ...expression, operator: 'NotIn' }] },
  ]
  expect(assignSteps(both, named('dev')).names).toEqual([[], ['dev']])
})

describe('deletion', () => {
  const set = (spec: ApplicationSetSpec): ApplicationSet => ({
    apiVersion: 'v',
    kind: 'ApplicationSet',
    metadata: { name: 's' },
    spec,
  })
  const one = (name: string, extra: object = {}) => ({
    apiVersion: 'v',
    kind: 'Application',
    metadata: { name, labels: { env: name }, ...extra },
  })
  const strategy = { type: 'RollingSync', deletionOrder: 'Reverse', rollingSync: { steps } }

  it('takes one at a time, those of the last step first', () => {
    expect(deletionStep(set({ strategy }), [one('dev'), one('prod')])).toMatchObject({
      act: 'delete',
      application: { metadata: { name: 'prod' } },
    })
    const leaving = [one('dev'), one('prod', { deletionTimestamp: now })]
    expect(deletionStep(set({ strategy }), leaving).act).toBe('wait')
    expect(deletionStep(set({ strategy }), []).act).toBe('done')
  })

  it('lets go of applications that the policy does not let it delete', () => {
    const spec: ApplicationSetSpec = { syncPolicy: { applicationsSync: 'create-update' } }
    expect(deletionStep(set(spec), [one('dev')]).act).toBe('release')
    expect(deletionStep(set({}), [one('dev')]).act).toBe('done')
  })
})
