import type { OperationPhase, OperationState } from '../argo/application.ts'
import { keyString } from '../k8s/ref.ts'
import type { Action, ActionResult, Step, StepObservation } from './operation-types.ts'
import { applies, hookDeletions, releases, unstoppedPrunes } from './operation-actions.ts'
import { isLeftover, isStarted, progressOf, rehearse, withLiveHealth } from './operation-progress.ts'
import { isCompleted, isPending, isRunning, isUnsuccessful, ResultRows, withPhase, type TaskProgress } from './tasks.ts'
import { terminate } from './terminate.ts'
import { needsConfirmation, waitMessage } from './wait-message.ts'

export type { Action, ActionResult, Step, StepObservation } from './operation-types.ts'

/** The next step of a sync that was validated: looks at what there is, says what to do, and why it waits if it does. */
export function step(state: OperationState, seen: StepObservation): Step {
  if (state.phase === 'Terminating') return terminate(state, seen)
  const rehearsed = isStarted(state) ? state : rehearse(state, seen)
  if (rehearsed.phase !== 'Running') return { state: rehearsed, actions: [] }
  const judged = withLiveHealth(rehearsed, seen)
  const all = progressOf(judged, seen)
  const syncFail = all.filter(({ task }) => task.phase === 'SyncFail')
  const regular = all.filter(({ task }) => task.phase !== 'SyncFail')
  const failed = regular.some(isUnsuccessful)

  const running = all.filter((one) => isRunning(one) && (isMultiStep(all) || one.task.hook))
  if (running.length > 0) {
    const state = withPhase(judged, 'Running', waitMessage(running, 'healthy', seen), seen.now)
    // What is to happen on failure happens at once, beside hooks that still run.
    return { state, actions: [...releases(all), ...(failed ? begin(syncFail, judged, seen) : [])] }
  }
  const leaving = all.filter(
    ({ task, result }) => result?.status === 'Pruned' && task.live?.metadata.deletionTimestamp !== undefined,
  )
  if (leaving.length > 0) {
    const state = withPhase(judged, 'Running', waitMessage(leaving, 'deletion', seen), seen.now)
    return { state, actions: releases(all) }
  }
  if (failed) return fail(judged, regular, syncFail, seen, 'one or more synchronization tasks completed unsuccessfully')

  const pending = due(regular, seen)
  const [next] = pending
  if (!next) return succeed(judged, 'successfully synced (no more tasks)', all, seen)
  const wave = pending.filter(({ task }) => task.phase === next.task.phase && task.wave === next.task.wave)
  return runWave(judged, wave, all, seen)
}

/**
 * Where the operation stands after a step's actions were done. A last wave without hooks ends the sync there and then,
 * whatever becomes of its objects; everything else is for the next step to see.
 */
export function conclude(state: OperationState, results: readonly ActionResult[], seen: StepObservation): Step {
  const rows = new ResultRows(state)
  for (const result of results) record(rows, result, state.phase)
  const after = rows.state()
  if (after.phase === 'Terminating') return terminated(after, results, seen)
  const worked = results.filter(({ action }) => action.type === 'apply' || action.type === 'prune')
  const ids = new Set(worked.map(({ action }) => action.task.id))
  const all = progressOf(after, seen)
  const wave = all.filter(({ task }) => ids.has(task.id))
  if (after.phase !== 'Running' || wave.some(({ task }) => task.phase === 'SyncFail') || wave.length === 0) {
    return { state: after, actions: [] }
  }
  const regular = all.filter(({ task }) => task.phase !== 'SyncFail')
  if (wave.some(isUnsuccessful)) {
    const running = wave.filter(isRunning)
    if (running.length === 0) {
      const syncFail = all.filter(({ task }) => task.phase === 'SyncFail')
      const what = wave.some(({ task }) => task.createsNamespace)
        ? 'the namespace failed to apply'
        : 'one or more objects failed to apply'
      // SyncFail hooks are for the next step, which writes down that they were begun.
      const waiting = syncFail.some((one) => !isCompleted(one))
      return waiting ? { state: after, actions: [] } : fail(after, wave, syncFail, seen, what)
    }
    return { state: { ...after, message: waitMessage(running, 'healthy', seen) }, actions: [] }
  }
  const remaining = due(regular, seen)
  const deleting = results.some(({ action }) => action.type === 'delete-hook')
  if (remaining.length === 0 && !deleting && !wave.some(({ task }) => task.hook)) {
    return withoutDone(succeed(after, 'successfully synced (all tasks run)', all, seen), results)
  }
  const message = deleting ? after.message : waitMessage(wave, 'healthy', seen)
  const settle = remaining.length > 0 && worked.some((result) => mayBeStale(result, seen))
  return { state: { ...after, ...(message !== undefined && { message }) }, actions: [], ...(settle && { settle }) }
}

/** What was seen before the actions still shows hooks held that they have let go of: once is enough. */
function withoutDone({ actions, ...rest }: Step, results: readonly ActionResult[]): Step {
  const released = new Set(
    results.flatMap(({ action, ok }) => (ok && action.type === 'release-hook' ? [keyString(action.task.key)] : [])),
  )
  const left = actions.map((group) =>
    group.filter(({ type, task }) => type !== 'release-hook' || !released.has(keyString(task.key))),
  )
  return { ...rest, actions: left.filter((group) => group.length > 0) }
}

/** What was changed just now and has a health may still show the one it had before. */
function mayBeStale({ action, message }: ActionResult, seen: StepObservation): boolean {
  if (action.type !== 'apply' || action.task.hook || message.endsWith('unchanged')) return false
  return seen.health(action.object) !== undefined
}

/** Tasks that are still to be run. */
function due(regular: readonly TaskProgress[], seen: StepObservation): readonly TaskProgress[] {
  return regular.filter((one) => isPending(one) && isWanted(one, seen))
}

/** `ApplyOutOfSyncOnly` leaves alone what needs nothing; hooks run all the same. */
function isWanted({ task }: TaskProgress, { options }: StepObservation): boolean {
  return !options.applyOutOfSyncOnly || task.hook || task.outOfSync || !task.live || !task.target
}

function isMultiStep(all: readonly TaskProgress[]): boolean {
  const first = all[0]?.task
  const last = all.at(-1)?.task
  return first?.wave !== last?.wave || first?.phase !== last?.phase
}

function runWave(
  state: OperationState,
  wave: readonly TaskProgress[],
  all: readonly TaskProgress[],
  seen: StepObservation,
): Step {
  const sync = state.operation.sync ?? {}
  const unconfirmed = wave.filter(({ task }) => needsConfirmation(task, seen))
  if (unconfirmed.length > 0) {
    return { state: withPhase(state, 'Running', waitMessage(unconfirmed, 'deletion', seen), seen.now), actions: [] }
  }
  const { skipped, prunes } = unstoppedPrunes(wave, sync, seen)
  const rows = new ResultRows(state)
  for (const { task, reason } of skipped) {
    rows.set(task, { status: 'PruneSkipped', message: reason, hookPhase: 'Succeeded' })
  }
  const after = rows.state()
  const leftovers = wave.filter(({ task }) => isLeftover(task, seen))
  const held = releases(all)
  const first = prunes.length > 0 ? [prunes] : []
  if (leftovers.length > 0) {
    const message = waitMessage(leftovers, 'deletion', seen)
    const waiting = withPhase(after, 'Running', message, seen.now)
    return { state: waiting, actions: [...held, ...first, ...hookDeletions(leftovers)] }
  }
  const actions = [...first, ...applies(wave, state, seen)]
  if (actions.length > 0) {
    const told = waitMessage(wave, 'healthy', seen)
    return { state: { ...after, message: told }, actions: [...held, ...actions] }
  }
  const rest = progressOf(after, seen)
  if (
    due(
      rest.filter(({ task }) => task.phase !== 'SyncFail'),
      seen,
    ).length > 0
  )
    return step(after, seen)
  return succeed(after, 'successfully synced (all tasks run)', rest, seen)
}

/** Starts what has not been tried; hooks that an earlier run left go first. */
function begin(tasks: readonly TaskProgress[], state: OperationState, seen: StepObservation): Action[][] {
  const pending = tasks.filter(isPending)
  const leftovers = pending.filter(({ task }) => isLeftover(task, seen))
  return leftovers.length > 0 ? hookDeletions(leftovers) : applies(pending, state, seen)
}

/** Ends a sync that failed, once its SyncFail hooks have run. */
function fail(
  state: OperationState,
  of: readonly TaskProgress[],
  syncFail: readonly TaskProgress[],
  seen: StepObservation,
  what: string,
): Step {
  const message = reasoned(what, of)
  const all = progressOf(state, seen)
  const pending = syncFail.filter((one) => !isCompleted(one))
  if (pending.length > 0) {
    const text = waitMessage(pending, 'healthy', seen)
    return {
      state: { ...state, message: text },
      actions: [...tidied(all, 'HookFailed'), ...begin(pending, state, seen)],
    }
  }
  const failures = syncFail.filter(({ result }) => result?.status === 'SyncFailed')
  const words =
    failures.length === 0 ? message : `${message}\n${reasoned('one or more SyncFail hooks failed', failures)}`
  return { state: withPhase(state, 'Failed', words, seen.now), actions: tidied(all, 'HookFailed') }
}

function succeed(state: OperationState, message: string, all: readonly TaskProgress[], seen: StepObservation): Step {
  const [held] = seen.held ?? []
  if (held && state.operation.sync?.prune && !state.operation.sync.dryRun) {
    const { group, kind, name } = held.key
    const text = `waiting to prune ${group}/${kind}/${name}: ${held.reason}`
    return { state: withPhase(state, 'Running', text, seen.now), actions: tidied(all, 'HookSucceeded') }
  }
  return { state: withPhase(state, 'Succeeded', message, seen.now), actions: tidied(all, 'HookSucceeded') }
}

/** Hooks that have ended: deleted where their policy says so, else let go of. */
function tidied(all: readonly TaskProgress[], policy: 'HookSucceeded' | 'HookFailed'): Action[][] {
  const deleted = all.filter((one) => {
    return one.task.hook && one.task.live && !isRunning(one) && one.task.deletePolicies.has(policy)
  })
  const others = all.filter((one) => !deleted.includes(one))
  return [...releases(others), ...hookDeletions(deleted)]
}

function reasoned(message: string, tasks: readonly TaskProgress[]): string {
  const failed = tasks.filter(({ result }) => result?.status === 'SyncFailed')
  const reasons = new Set(failed.map(({ result }) => result?.message ?? ''))
  return failed.length === 0 ? message : `${message}, reason: ${[...reasons].join(',')}`
}

/** Writes down what came of an action. */
function record(rows: ResultRows, { action, ok, message }: ActionResult, phase: OperationPhase): void {
  const { task } = action
  switch (action.type) {
    case 'apply':
      return rows.set(task, {
        status: ok ? 'Synced' : 'SyncFailed',
        message,
        hookPhase: ok ? 'Running' : 'Failed',
      })
    case 'prune':
      return rows.set(task, {
        status: ok ? 'Pruned' : 'SyncFailed',
        message,
        hookPhase: ok ? 'Succeeded' : 'Failed',
      })
    case 'delete-hook':
      if (ok) return
      return phase === 'Terminating'
        ? rows.set(task, { hookPhase: 'Failed', message: `Failed to delete: ${message}` })
        : rows.set(task, { hookPhase: 'Error', message: `failed to delete resource: ${message}` })
    case 'release-hook':
      if (ok) return
      return rows.set(task, { hookPhase: 'Error', message: `Failed to remove hook finalizer: ${message}` })
  }
}

function terminated(state: OperationState, results: readonly ActionResult[], seen: StepObservation): Step {
  const failed = results.some(({ ok }) => !ok)
  return failed
    ? { state: withPhase(state, 'Error', 'Operation termination had errors', seen.now), actions: [] }
    : { state: withPhase(state, 'Failed', 'Operation terminated', seen.now), actions: [] }
}
