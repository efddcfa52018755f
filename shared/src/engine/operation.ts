import { finalizer } from '../argo/annotations.ts'
import type { HealthStatus, OperationState } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import { deletePoliciesOf, type HookDeletePolicy } from './hooks.ts'
import type { SyncTask } from './plan.ts'
import {
  applyModeOf,
  prunePermission,
  type ApplyMode,
  type PropagationPolicy,
  type SyncOptions,
} from './sync-options.ts'
import { isPending, isRunning, isUnsuccessful, resultId, withPhase, withResult, type TaskProgress } from './tasks.ts'
import { waitMessage } from './wait-message.ts'

/** Something to do to the cluster. Groups of actions run one after another, the actions of a group side by side. */
export type Action =
  | {
      readonly type: 'apply'
      readonly task: SyncTask
      readonly object: KubeObject
      readonly mode: ApplyMode
      readonly dryRun: boolean
    }
  | {
      readonly type: 'prune'
      readonly task: SyncTask
      readonly live: KubeObject
      readonly propagation: PropagationPolicy
      readonly dryRun: boolean
    }
  /** Deletes a hook's object, our finalizer first. */
  | { readonly type: 'delete-hook'; readonly task: SyncTask; readonly live: KubeObject }
  /** Takes our finalizer off a hook that has ended. */
  | { readonly type: 'release-hook'; readonly task: SyncTask; readonly live: KubeObject }

/** What came of an action: `Synced`, `Pruned` and so on in Argo CD's words, with the object as the server has it now. */
export interface ActionResult {
  readonly action: Action
  readonly ok: boolean
  readonly message: string
}

/** What a step sees. */
export interface StepObservation {
  readonly tasks: readonly SyncTask[]
  readonly options: SyncOptions
  readonly now: string
  readonly health: (live: KubeObject) => HealthStatus | undefined
  /** Ids of hooks that this operation has created or was about to create. */
  readonly begun: ReadonlySet<string>
  /** When deletions were approved by hand (RFC 3339), if ever. */
  readonly approvedAt?: string | undefined
}

export interface Step {
  readonly state: OperationState
  readonly actions: readonly (readonly Action[])[]
}

/** The next step of a sync that was validated: looks at what there is, says what to do, and why it waits if it does. */
export function step(state: OperationState, seen: StepObservation): Step {
  if (state.phase === 'Terminating') return terminate(state, seen)
  const judged = withLiveHealth(state, seen)
  const all = progressOf(judged, seen)
  const waiting = stillRunning(judged, all, seen)
  if (waiting) return { state: waiting, actions: releases(all) }
  const syncFail = all.filter(({ task }) => task.phase === 'SyncFail')
  const regular = all.filter(({ task }) => task.phase !== 'SyncFail')
  if (regular.some(isUnsuccessful)) {
    return fail(judged, regular, syncFail, seen)
  }
  const pending = regular.filter(isPending)
  const [next] = pending
  if (!next) return succeed(judged, 'successfully synced (no more tasks)', regular, seen)
  const wave = pending.filter(({ task }) => task.phase === next.task.phase && task.wave === next.task.wave)
  const ran = runWave(judged, wave, all, seen)
  return ran.state.phase === 'Running' ? { state: ran.state, actions: [...releases(all), ...ran.actions] } : ran
}

/**
 * Where the operation stands after a step's actions were done. A last wave without hooks ends the sync there and then,
 * whatever becomes of its objects; everything else is for the next step to see.
 */
export function conclude(state: OperationState, results: readonly ActionResult[], seen: StepObservation): Step {
  let after = state
  for (const result of results) after = recorded(after, result)
  const worked = results.filter(({ action }) => action.type === 'apply' || action.type === 'prune')
  const open =
    after.phase !== 'Running' ||
    after.operation.sync?.dryRun === true ||
    worked.length === 0 ||
    worked.some(({ ok, action }) => !ok || action.task.hook)
  if (open) return { state: after, actions: [] }
  const all = progressOf(after, seen)
  const unfinished = all.some((one) => one.task.phase !== 'SyncFail' && (isPending(one) || isUnsuccessful(one)))
  if (unfinished) return { state: after, actions: [] }
  return succeed(after, 'successfully synced (all tasks run)', all, seen)
}

function recorded(state: OperationState, { action, ok, message }: ActionResult): OperationState {
  const { task } = action
  switch (action.type) {
    case 'apply':
      return withResult(state, task, {
        status: ok ? 'Synced' : 'SyncFailed',
        message,
        hookPhase: ok ? (action.dryRun ? 'Succeeded' : 'Running') : 'Failed',
      })
    case 'prune':
      return withResult(state, task, {
        status: ok ? 'Pruned' : 'SyncFailed',
        message,
        hookPhase: ok ? 'Succeeded' : 'Failed',
      })
    case 'delete-hook':
      if (state.phase !== 'Terminating') return ok ? state : withResult(state, task, { hookPhase: 'Error', message })
      return withResult(state, task, {
        hookPhase: 'Failed',
        message: ok ? 'Terminated' : `Failed to delete: ${message}`,
      })
    case 'release-hook':
      return state
  }
}

/** Tasks beside their rows. */
function progressOf(state: OperationState, seen: StepObservation): readonly TaskProgress[] {
  const rows = new Map((state.syncResult?.resources ?? []).map((row) => [resultId(row), row]))
  return seen.tasks.map((task) => ({ task, result: rows.get(task.id) }))
}

/** Judges what was applied and has not ended by the health of what lives. */
function withLiveHealth(state: OperationState, seen: StepObservation): OperationState {
  let after = state
  for (const one of progressOf(state, seen)) {
    const { task } = one
    if (!task.target || !isRunning(one)) continue
    if (!task.live) {
      const message = `${task.key.kind} ${task.key.name} was deleted while the sync waited for it`
      if (task.hook) after = withResult(after, task, { hookPhase: 'Error', message })
      continue
    }
    const health = seen.health(task.live)
    if (task.hook) after = withResult(after, task, hookOutcome(task, health))
    else if (!health || health.status === 'Healthy') after = withResult(after, task, { hookPhase: 'Succeeded' })
    else if (health.status === 'Degraded') after = withResult(after, task, { hookPhase: 'Failed' })
  }
  return after
}

function hookOutcome(task: SyncTask, health: HealthStatus | undefined) {
  if (!health) return { hookPhase: 'Succeeded', message: `${task.key.name} created` } as const
  const message = health.message ? { message: health.message } : {}
  switch (health.status) {
    case 'Healthy':
      return { hookPhase: 'Succeeded', ...message } as const
    case 'Degraded':
    case 'Unknown':
      return { hookPhase: 'Failed', ...message } as const
    default:
      return { hookPhase: 'Running', ...message } as const
  }
}

/** Waits for hooks always, for other objects only where something comes after them. */
function stillRunning(
  state: OperationState,
  all: readonly TaskProgress[],
  seen: StepObservation,
): OperationState | undefined {
  const first = all[0]?.task
  const multiStep = all.some(({ task }) => task.phase !== first?.phase || task.wave !== first.wave)
  const running = all.filter((one) => isRunning(one) && (multiStep || one.task.hook))
  if (running.length > 0) return withPhase(state, 'Running', waitMessage(running, 'healthy'), seen.now)
  const leaving = all.filter(
    ({ task, result }) => result?.status === 'Pruned' && task.live?.metadata.deletionTimestamp !== undefined,
  )
  if (leaving.length > 0) return withPhase(state, 'Running', waitMessage(leaving, 'deletion'), seen.now)
  return undefined
}

function runWave(
  state: OperationState,
  wave: readonly TaskProgress[],
  all: readonly TaskProgress[],
  seen: StepObservation,
): Step {
  const sync = state.operation.sync ?? {}
  const unconfirmed = wave.filter(({ task }) => sync.prune && needsConfirmation(task, state, seen))
  if (unconfirmed.length > 0) {
    return { state: withPhase(state, 'Running', waitMessage(unconfirmed, 'confirmation'), seen.now), actions: [] }
  }
  const leftovers = wave.filter(({ task }) => isLeftover(task, seen))
  if (leftovers.length > 0 && !sync.dryRun) {
    const message = waitMessage(leftovers, 'deletion')
    return { state: withPhase(state, 'Running', message, seen.now), actions: deletions(leftovers) }
  }
  let after = state
  const prunes: Action[] = []
  for (const { task } of wave) {
    if (task.target || !task.live) continue
    const refusal = pruneRefusal(task.live, sync.prune ?? false, seen.options)
    if (refusal) after = withResult(after, task, { status: 'PruneSkipped', message: refusal, hookPhase: 'Succeeded' })
    else
      prunes.push({
        type: 'prune',
        task,
        live: task.live,
        propagation: seen.options.prunePropagation,
        dryRun: sync.dryRun ?? false,
      })
  }
  const groups = [...(prunes.length > 0 ? [prunes] : []), ...applyGroups(wave, state, seen)]
  if (groups.length > 0) return { state: announced(after, all, wave), actions: groups }
  const rest = progressOf(after, seen).filter((one) => one.task.phase !== 'SyncFail' && isPending(one))
  return rest.length > 0 ? step(after, seen) : succeed(after, 'successfully synced (all tasks run)', all, seen)
}

/** Consecutive objects of one kind go side by side. */
function applyGroups(wave: readonly TaskProgress[], state: OperationState, seen: StepObservation): Action[][] {
  const sync = state.operation.sync ?? {}
  const force = sync.syncStrategy?.apply?.force ?? sync.syncStrategy?.hook?.force ?? false
  const groups: Action[][] = []
  let last: string | undefined
  for (const { task } of wave) {
    if (!task.target) continue
    const mode = applyModeOf(task.target, task.live, seen.options, force)
    const action: Action = { type: 'apply', task, object: task.target, mode, dryRun: sync.dryRun ?? false }
    if (last === task.key.kind) groups.at(-1)?.push(action)
    else groups.push([action])
    last = task.key.kind
  }
  return groups
}

/** Says what is waited for once this wave is applied. */
function announced(state: OperationState, all: readonly TaskProgress[], wave: readonly TaskProgress[]): OperationState {
  const inWave = new Set(wave.map(({ task }) => task.id))
  const remaining = all.filter(
    (one) => one.task.phase !== 'SyncFail' && isPending(one) && (!inWave.has(one.task.id) || one.task.hook),
  )
  return remaining.length > 0 ? { ...state, message: waitMessage(remaining, 'healthy') } : state
}

/** What an earlier run left of a hook, to be deleted before this one is made. */
function isLeftover(task: SyncTask, seen: StepObservation): boolean {
  return (
    task.hook &&
    task.live !== undefined &&
    !seen.begun.has(task.id) &&
    task.target !== undefined &&
    deletePoliciesOf(task.target).has('BeforeHookCreation')
  )
}

function needsConfirmation(task: SyncTask, state: OperationState, seen: StepObservation): boolean {
  if (task.target || !task.live || prunePermission(task.live, seen.options) !== 'confirm') return false
  return (
    seen.approvedAt === undefined || Date.parse(seen.approvedAt) < Math.floor(Date.parse(state.startedAt) / 1000) * 1000
  )
}

function pruneRefusal(live: KubeObject, prune: boolean, options: SyncOptions): string | undefined {
  if (!prune) return 'ignored (requires pruning)'
  return prunePermission(live, options) === 'no' ? 'ignored (no prune)' : undefined
}

/** Ends a sync that failed, once its SyncFail hooks have run. */
function fail(
  state: OperationState,
  regular: readonly TaskProgress[],
  syncFail: readonly TaskProgress[],
  seen: StepObservation,
): Step {
  const text = reasoned(failureOf(regular), regular)
  const pending = syncFail.filter(isPending)
  if (pending.length > 0) {
    const leftovers = pending.filter(({ task }) => isLeftover(task, seen))
    const actions = leftovers.length > 0 ? deletions(leftovers) : applyGroups(pending, state, seen)
    return { state: { ...state, message: text }, actions }
  }
  const failures = syncFail.filter(isUnsuccessful)
  const words = failures.length === 0 ? text : `${text}\n${reasoned('one or more SyncFail hooks failed', failures)}`
  return {
    state: withPhase(state, 'Failed', words, seen.now),
    actions: tidied([...regular, ...syncFail], 'HookFailed'),
  }
}

/** Argo CD tells a wave of which nothing could be applied from one of which something could. */
function failureOf(regular: readonly TaskProgress[]): string {
  const first = regular.find(({ result }) => result?.status === 'SyncFailed')?.task
  const inWave = regular.filter(({ task }) => task.target && task.phase === first?.phase && task.wave === first.wave)
  return first?.target && !inWave.some(({ result }) => result?.status === 'Synced')
    ? 'one or more objects failed to apply'
    : 'one or more synchronization tasks completed unsuccessfully'
}

/** Deletes hooks' objects that are not on their way already, or are held back by our own finalizer. */
function deletions(of: readonly TaskProgress[]): Action[][] {
  const actions = of.flatMap(({ task }): Action[] =>
    task.live && (task.live.metadata.deletionTimestamp === undefined || isHeld(task.live))
      ? [{ type: 'delete-hook', task, live: task.live }]
      : [],
  )
  return actions.length > 0 ? [actions] : []
}

function succeed(state: OperationState, message: string, all: readonly TaskProgress[], seen: StepObservation): Step {
  return { state: withPhase(state, 'Succeeded', message, seen.now), actions: tidied(all, 'HookSucceeded') }
}

function reasoned(message: string, tasks: readonly TaskProgress[]): string {
  const reasons = tasks.flatMap(({ result }) =>
    result?.status === 'SyncFailed' && result.message !== undefined ? [result.message] : [],
  )
  return reasons.length === 0 ? message : `${message}, reason: ${reasons.join(',')}`
}

/** Hooks that have ended: deleted where their policy says so, else let go of. */
function tidied(all: readonly TaskProgress[], policy: HookDeletePolicy): Action[][] {
  const actions = all.flatMap((one): Action[] => {
    const { task } = one
    if (!task.hook || !task.live || !task.target || isPending(one) || isRunning(one)) return []
    if (deletePoliciesOf(task.target).has(policy)) return [{ type: 'delete-hook', task, live: task.live }]
    return isHeld(task.live) ? [{ type: 'release-hook', task, live: task.live }] : []
  })
  return actions.length > 0 ? [actions] : []
}

function releases(all: readonly TaskProgress[]): Action[][] {
  const actions = all.flatMap((one): Action[] => {
    const { task } = one
    const ended = task.hook && !isPending(one) && !isRunning(one)
    return ended && task.live && isHeld(task.live) ? [{ type: 'release-hook', task, live: task.live }] : []
  })
  return actions.length > 0 ? [actions] : []
}

function isHeld(live: KubeObject): boolean {
  return live.metadata.finalizers?.includes(finalizer.hook) ?? false
}

/** Ends at once: hooks that run are deleted, what was applied stays. */
function terminate(state: OperationState, seen: StepObservation): Step {
  const all = progressOf(state, seen)
  const running = all.filter((one) => one.task.hook && isRunning(one))
  const failed = running.some(({ result }) => result?.message?.startsWith('Failed to delete: '))
  const actions = deletions(running)
  if (actions.length > 0 && !failed) return { state, actions }
  return {
    state: failed
      ? withPhase(state, 'Error', 'Operation termination had errors', seen.now)
      : withPhase(state, 'Failed', 'Operation terminated', seen.now),
    actions: tidied(
      all.filter((one) => !isRunning(one)),
      'HookFailed',
    ),
  }
}
