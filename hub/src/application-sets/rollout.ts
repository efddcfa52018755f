import { assignSteps } from './rollout-steps.ts'
import type { ApplicationSetCondition, RolloutStatus, RolloutStep } from './types.ts'
import { orderedBy } from '@flotilla/shared/lang/order'

/** What a rollout looks at of one application that is there. */
export interface RolloutApp {
  readonly name: string
  readonly revisions: readonly string[]
  readonly sync: string
  readonly health: string
  /** The template wants another spec than it has. */
  readonly specChanged: boolean
  /** Its status speaks of a spec that it no longer has. */
  readonly stale: boolean
  /** Something keeps it from being compared and synced at all. */
  readonly broken: boolean
  /** The operation that has begun since the rollout asked for one: its phase. */
  readonly begun: string | undefined
}

export interface RolloutInput {
  readonly steps: readonly RolloutStep[]
  /** The applications as they are to be: their labels choose the step. */
  readonly desired: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[]
  readonly applications: readonly RolloutApp[]
  readonly before: readonly RolloutStatus[]
  /** As Kubernetes writes times. */
  readonly now: string
}

export interface Rollout {
  readonly statuses: readonly RolloutStatus[]
  /** Whose turn it is: they are to be synced, unless they have been already. */
  readonly sync: ReadonlySet<string>
  readonly conditions: readonly ApplicationSetCondition[]
}

/** One step of a rollout: where each application stands now, and which of them may be synced. */
export function rollOut({ steps, desired, applications, before, now }: RolloutInput): Rollout {
  const assigned = assignSteps(steps, desired)
  const known = new Map(before.map((status) => [status.application, status]))
  const observed = applications.map((app) => {
    const step = assigned.stepOf.get(app.name)
    return observe(app, known.get(app.name), step === undefined ? '-1' : String(step + 1), now)
  })
  const turn = whoseTurn(assigned.names, observed)
  const wrong = new Map<number, string>()
  const statuses = promote(observed, turn, assigned.stepOf, steps, wrong, now)
  const pending = statuses.filter(({ status, application }) => status === 'Pending' && turn.has(application))
  return {
    statuses: statuses.toSorted(orderedBy((one) => one.application)),
    sync: new Set(pending.map(({ application }) => application)),
    conditions: [invalidConfig(assigned.problem(wrong)), progressing(statuses, steps.length)],
  }
}

/** Where an application stands, by what is seen of it. */
function observe(app: RolloutApp, before: RolloutStatus | undefined, step: string, now: string): RolloutStatus {
  const to = (status: RolloutStatus['status'], message: string): RolloutStatus => ({
    application: app.name,
    status,
    message,
    step,
    targetRevisions: [...app.revisions],
    lastTransitionTime: now,
  })
  const synced = app.sync === 'Synced' && !app.stale && !app.specChanged
  const moved = before !== undefined && !sameList(before.targetRevisions ?? [], app.revisions)
  let current: RolloutStatus
  if (!before) current = to('Waiting', 'No Application status found, defaulting status to Waiting')
  else if (moved || app.specChanged) current = to('Waiting', changeMessage(moved, app.specChanged))
  else current = { ...before, step, targetRevisions: before.targetRevisions ?? [] }

  if (current.status === 'Waiting') {
    // Nothing to sync, or synced by somebody else: only health is waited for.
    if (!synced) return current
    const next = app.health === 'Healthy' ? 'Healthy' : 'Progressing'
    return to(next, `Application resource has synced, updating status to ${next}`)
  }
  if (current.status === 'Pending') {
    if (app.begun !== undefined) return to('Progressing', begunMessage(app.begun))
    if (app.broken) {
      return to('Progressing', 'Application resource has error and cannot sync, updating status to Progressing')
    }
  }
  if (current.status === 'Progressing' && synced && app.health === 'Healthy') {
    return to('Healthy', 'Application resource became Healthy, updating status from Progressing to Healthy')
  }
  return current
}

function changeMessage(revision: boolean, spec: boolean): string {
  const what = revision && spec ? ' (revision and spec differ)' : spec ? ' (spec differs)' : ''
  return `Application has pending changes${what}, setting status to Waiting`
}

function begunMessage(phase: string): string {
  const from = 'updating status from Pending to Progressing'
  if (phase === 'Succeeded') return `Application resource completed a sync successfully, ${from}`
  if (phase === 'Failed' || phase === 'Error') return `Application resource completed a sync, ${from}`
  return `Application resource became Progressing, ${from}`
}

/** The applications of every step up to the first that is not all there and healthy. */
function whoseTurn(steps: readonly (readonly string[])[], statuses: readonly RolloutStatus[]): ReadonlySet<string> {
  const healthy = new Set(statuses.flatMap((each) => (each.status === 'Healthy' ? [each.application] : [])))
  const turn = new Set<string>()
  for (const names of steps) {
    for (const name of names) turn.add(name)
    if (!names.every((name) => healthy.has(name))) break
  }
  return turn
}

/** Lets those that wait begin, as many of each step as may be on their way at once. */
function promote(
  statuses: readonly RolloutStatus[],
  turn: ReadonlySet<string>,
  stepOf: ReadonlyMap<string, number>,
  steps: readonly RolloutStep[],
  wrong: Map<number, string>,
  now: string,
): RolloutStatus[] {
  // Who is in no step counts for the first.
  const at = (status: RolloutStatus): number => stepOf.get(status.application) ?? 0
  const total = steps.map((_, index) => statuses.filter((each) => at(each) === index).length)
  const busy = steps.map(
    (_, index) =>
      statuses.filter((each) => at(each) === index && (each.status === 'Pending' || each.status === 'Progressing'))
        .length,
  )
  return statuses.map((status) => {
    const step = at(status)
    const limit = updateLimit(steps[step]?.maxUpdate, total[step] ?? 0)
    if (limit === undefined) wrong.set(step, String(steps[step]?.maxUpdate))
    if (status.status !== 'Waiting' || !turn.has(status.application)) return status
    if ((busy[step] ?? 0) >= (limit ?? 1)) return status
    busy[step] = (busy[step] ?? 0) + 1
    const message = 'Application moved to Pending status, watching for the Application resource to start Progressing'
    return { ...status, status: 'Pending', message, lastTransitionTime: now }
  })
}

/** How many may be on their way; undefined where nobody can tell, which counts as one. */
function updateLimit(maxUpdate: number | string | undefined, total: number): number | undefined {
  if (maxUpdate === undefined || maxUpdate === null) return Infinity
  if (typeof maxUpdate === 'number') return maxUpdate
  const percent = /^([+-]?\d+)%$/.exec(maxUpdate)?.[1]
  if (percent === undefined) return undefined
  const share = Math.floor((Number(percent) * total) / 100)
  return maxUpdate !== '0%' && share < 1 ? 1 : share
}

function invalidConfig(problem: string | undefined): ApplicationSetCondition {
  return problem === undefined
    ? {
        type: 'InvalidRolloutConfig',
        status: 'False',
        reason: 'ApplicationSetValidRolloutConfig',
        message: 'Rolling Sync Configured correctly',
      }
    : { type: 'InvalidRolloutConfig', status: 'True', reason: 'ApplicationSetInvalidRolloutConfig', message: problem }
}

function progressing(statuses: readonly RolloutStatus[], steps: number): ApplicationSetCondition {
  for (let step = 1; step <= steps; step++) {
    if (statuses.every((each) => each.step !== String(step) || each.status === 'Healthy')) continue
    const message = `ApplicationSet is performing rollout of step ${step}`
    return { type: 'RolloutProgressing', status: 'True', reason: 'ApplicationSetModified', message }
  }
  const message = 'ApplicationSet Rollout has completed'
  return { type: 'RolloutProgressing', status: 'False', reason: 'ApplicationSetRolloutComplete', message }
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}
