import type { HealthStatus, OperationState, ResourceResult } from '../argo/application.ts'
import type { StepObservation } from './operation-types.ts'
import type { SyncTask } from './plan.ts'
import { applyModeOf, prunePermission } from './sync-options.ts'
import { isRunning, resultId, ResultRows, withPhase, type TaskProgress } from './tasks.ts'

/** Whether anything has been tried yet. */
export function isStarted(state: OperationState): boolean {
  return (state.syncResult?.resources ?? []).length > 0
}

/** Tasks beside their rows. */
export function progressOf(state: OperationState, seen: StepObservation): readonly TaskProgress[] {
  const rows = new Map((state.syncResult?.resources ?? []).map((row) => [resultId(row), row]))
  return seen.tasks.map((task) => ({ task, result: rows.get(task.id) }))
}

/**
 * The first look at everything before anything is done: what can never be sent to a server fails the sync as a whole.
 * It asks no server, so it does not find what only a server would refuse. A sync that is a dry run ends with it.
 */
export function rehearse(state: OperationState, seen: StepObservation): OperationState {
  const sync = state.operation.sync ?? {}
  const dryRun = sync.dryRun ?? false
  const rows = new ResultRows(state)
  let failed = false
  for (const task of seen.tasks) {
    if (seen.options.applyOutOfSyncOnly && !task.hook && !task.outOfSync && task.live && task.target) continue
    const fault = task.target && !task.unserved ? unsendable(task, seen) : undefined
    if (fault !== undefined) {
      failed = true
      rows.set(task, { status: 'SyncFailed', message: fault, hookPhase: 'Failed' })
    } else if (dryRun) rows.set(task, rehearsed(task, sync, seen))
  }
  const after = rows.state()
  if (failed) return withPhase(after, 'Failed', 'one or more objects failed to apply (dry run)', seen.now)
  return after
}

/** What kubectl refuses without asking. */
function unsendable({ target, live }: SyncTask, seen: StepObservation): string | undefined {
  if (!target || (target.metadata.name ?? '') !== '') return undefined
  const prefix = target.metadata.generateName ?? ''
  const generated = prefix !== ''
  const replace = applyModeOf(target, live, seen.options, false).method === 'replace'
  if (generated && replace && !live) return undefined
  return generated ? `from ${prefix}: cannot use generate name with apply` : 'error: resource name may not be empty'
}

/** The row of a task in a sync that is a dry run. */
function rehearsed(
  task: SyncTask,
  sync: { readonly prune?: boolean | undefined },
  seen: StepObservation,
): Partial<ResourceResult> {
  if (!task.target) {
    if (!sync.prune) return { status: 'PruneSkipped', message: 'ignored (requires pruning)', hookPhase: 'Succeeded' }
    const kept = task.live && prunePermission(task.live, seen.options) === 'no'
    return kept
      ? { status: 'PruneSkipped', message: 'ignored (no prune)', hookPhase: 'Succeeded' }
      : { status: 'Pruned', message: 'pruned (dry run)', hookPhase: 'Succeeded' }
  }
  const { group, kind, name } = task.key
  const { method } = applyModeOf(task.target, task.live, seen.options, false)
  const verb = !task.live ? 'created' : method === 'replace' ? 'replaced' : task.outOfSync ? 'configured' : 'unchanged'
  const printed = `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${name}`
  return { status: 'Synced', message: `${printed} ${verb} (dry run)`, hookPhase: 'Succeeded' }
}

/** Judges what was applied and has not ended by the health of what lives. */
export function withLiveHealth(state: OperationState, seen: StepObservation): OperationState {
  const rows = new ResultRows(state)
  const all = progressOf(state, seen)
  const multiStep = all[0]?.task.phase !== all.at(-1)?.task.phase || all[0]?.task.wave !== all.at(-1)?.task.wave
  for (const one of all) {
    const { task } = one
    if (!task.target || !isRunning(one)) continue
    if (!task.live) {
      // What is waited for and is gone would be waited for without end.
      const message = `Resource ${task.key.group}/${task.key.kind}/${task.key.name} is missing, it might have been deleted`
      if (task.hook || multiStep) {
        rows.set(task, { status: 'SyncFailed', hookPhase: 'Error', message })
      }
      continue
    }
    const health = seen.health(task.live)
    rows.set(task, task.hook ? hookOutcome(task, health) : objectOutcome(health))
  }
  return rows.state()
}

/** What the health of a hook's object makes of it. */
export function hookOutcome(task: SyncTask, health: HealthStatus | undefined): Partial<ResourceResult> {
  if (!health) return { hookPhase: 'Succeeded', message: `${task.key.name} created` }
  const message = health.message ? { message: health.message } : {}
  switch (health.status) {
    case 'Healthy':
      return { hookPhase: 'Succeeded', ...message }
    case 'Degraded':
    case 'Unknown':
      return { hookPhase: 'Failed', ...message }
    case 'Progressing':
    case 'Suspended':
      return { hookPhase: 'Running', ...message }
    default:
      return { hookPhase: 'Succeeded', message: `${task.key.name} created` }
  }
}

function objectOutcome(health: HealthStatus | undefined): Partial<ResourceResult> {
  if (!health) return { hookPhase: 'Succeeded' }
  const message = health.message ? { message: health.message } : {}
  if (health.status === 'Healthy') return { hookPhase: 'Succeeded', ...message }
  if (health.status === 'Degraded') return { hookPhase: 'Failed', ...message }
  return {}
}

/** What an earlier run left of a hook, to be deleted before this one is made. */
export function isLeftover(task: SyncTask, seen: StepObservation): boolean {
  return (
    task.hook &&
    task.live !== undefined &&
    task.target !== undefined &&
    !seen.begun.has(task.id) &&
    task.deletePolicies.has('BeforeHookCreation')
  )
}
