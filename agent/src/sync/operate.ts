import { annotation } from '@flotilla/shared/argo/annotations'
import type { HealthStatus, Operation, OperationState } from '@flotilla/shared/argo/application'
import { announcedPlan, isWorthTelling } from '@flotilla/shared/engine/announced-plan'
import type { DeletePaths } from '@flotilla/shared/engine/compare-types'
import {
  clusterDeletion,
  clusterDeletionLimitOf,
  massDeletion,
  massDeletionLimitOf,
} from '@flotilla/shared/engine/guards/mass-deletion'
import { toHeal } from '@flotilla/shared/engine/auto-sync'
import { pruneForbidden } from '@flotilla/shared/engine/guards/prune-allowed'
import { conclude, step, type Action, type StepObservation } from '@flotilla/shared/engine/operation'
import { planSync, type SyncTask } from '@flotilla/shared/engine/plan'
import { respectingIgnored } from '@flotilla/shared/engine/respect-ignored'
import { afterFailure, nextAttempt, retryAt, timestamp, wantsLatest } from '@flotilla/shared/engine/retry'
import { prunePermission, syncOptionsOf, type SyncOptions } from '@flotilla/shared/engine/sync-options'
import { withPhase } from '@flotilla/shared/engine/tasks'
import { ownerOf } from '@flotilla/shared/engine/tracking'
import { invalid } from '@flotilla/shared/engine/validate'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Clock } from '@flotilla/shared/lang/clock'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Live } from '../live/live.ts'
import type { Policy } from '../policy.ts'
import type { Executor } from './execute.ts'
import type { Observation } from './observe.ts'
import type { PruneLedger } from './prune-ledger.ts'
import type { OperationRecord } from './record.ts'
import type { WindowBlock } from './windows.ts'

export interface OperateContext {
  readonly application: string
  /** What was pruned lately in the whole cluster. */
  readonly prunes: PruneLedger
  readonly live: Live
  readonly executor: Executor
  readonly clock: Clock
  readonly policy: Policy
  readonly health: (settings: SyncSettings) => (live: KubeObject) => HealthStatus | undefined
  readonly deletePaths?: DeletePaths | undefined
  /** Why nothing may be written for the application at all. */
  readonly forbidden?: string | undefined
  readonly namespacePermitted: (settings: SyncSettings, namespace: string) => boolean
  /** Why a sync window stops the operation just now. */
  readonly windowBlocks: (
    settings: SyncSettings,
    operation: Operation,
    startedAt: string | undefined,
  ) => WindowBlock | undefined
  readonly observe: () => Promise<Observation>
  /** What the application is to be now, whatever the operation is about. */
  readonly latest: () => { readonly digest: string; readonly revisions: readonly string[] } | undefined
  /** As they are now, whatever the operation is about. */
  readonly settings: () => SyncSettings
  /** Writes the operation down; durable before a hook is made. */
  readonly save: (durable: boolean) => Promise<void>
  /** Tells the hub how far it has come. */
  readonly announce: (seen: Observation) => void
}

/** A new operation, before its first step. */
export function beginOperation(
  operation: Operation,
  bundle: Bundle,
  settings: SyncSettings,
  now: number,
  previous?: OperationState,
): OperationState {
  const sync = operation.sync ?? {}
  const source = sync.source ?? settings.sources[0]
  const metadata = settings.syncPolicy?.managedNamespaceMetadata
  return {
    operation: asWritten(operation),
    phase: 'Running',
    startedAt: timestamp(ownSecond(now, previous)),
    syncResult: {
      ...(settings.multiSource
        ? {
            ...noSource,
            revision: '',
            revisions: [...bundle.revisions],
            sources: sync.sources ?? [...settings.sources],
          }
        : { revision: bundle.revisions[0] ?? '', ...(source && { source }) }),
      ...(metadata && { managedNamespaceMetadata: metadata }),
    },
  }
}

/**
 * When a run began, as it is told: times have whole seconds, and a run that shares its second, its order and its result
 * with the one before could not be told from it. A clock that was set back is left alone.
 */
function ownSecond(now: number, previous: OperationState | undefined): number {
  const next = previous ? Date.parse(previous.startedAt) + 1000 : now
  return next > now && next - now <= 60_000 ? next : now
}

/** What Argo CD writes for the one source of an application that has several. */
const noSource = { source: { repoURL: '' } } as const

/** An operation as Argo CD writes it: a retry and who began it always, no zeros, no empty groups and namespaces of what is chosen. */
function asWritten(operation: Operation): Operation {
  const { limit, ...backOff } = operation.retry ?? {}
  const retry = limit ? { limit, ...backOff } : backOff
  const { sync, initiatedBy = {} } = operation
  if (!sync?.resources) return { ...operation, initiatedBy, retry }
  const resources = sync.resources.map(({ group, namespace, ...rest }) => ({
    ...rest,
    ...(group && { group }),
    ...(namespace && { namespace }),
  }))
  return { ...operation, initiatedBy, retry, sync: { ...sync, resources } }
}

/** Drives an operation until it ends or waits for something; answers when to look again, where time alone will tell. */
export async function operate(record: OperationRecord, context: OperateContext): Promise<{ readonly again?: number }> {
  const { clock } = context
  const due = record.state.phase === 'Running' ? retryAt(record.state) : undefined
  if (due !== undefined) {
    if (due > clock.now()) return { again: due - clock.now() }
    const latest = wantsLatest(record.state) ? context.latest() : undefined
    if (latest) record.bundle = latest.digest
    record.state = nextAttempt(record.state, latest?.revisions)
    record.begun = []
    delete record.plan
    // Self-heal heals what differs when it acts: what was lost since may be what the first attempt failed for.
    if (record.state.operation.sync?.autoHealAttemptsCount !== undefined) {
      record.state = withResources(record.state, toHeal((await context.observe()).comparison))
    }
  }
  for (;;) {
    const deadline = timeoutOf(context.settings(), record.state)
    if (record.state.phase === 'Running' && deadline !== undefined && clock.now() > deadline) {
      record.terminatedBy = 'controller sync timeout'
      record.state = { ...record.state, phase: 'Terminating', message: 'operation is terminating due to timeout' }
    }
    const settled = record.settleUntil ?? 0
    if (record.state.phase === 'Running' && settled > clock.now()) return { again: settled - clock.now() }
    const seen = await context.observe()
    // What the project says now holds, not what it said when the operation was asked for.
    const blocked = context.windowBlocks(context.settings(), record.state.operation, record.state.startedAt)
    if (blocked !== undefined && record.state.phase === 'Running') {
      record.state = { ...record.state, message: blocked.reason }
      return { again: Math.min(30_000, Math.max(1_000, (blocked.until ?? 0) - clock.now())) }
    }
    const { tasks, held } = planned(record, seen, context)
    if (record.state.phase === 'Running') announcePlan(record, tasks, seen)
    const refused =
      record.state.phase === 'Running'
        ? (forbidden(record, context) ?? refusal(record, tasks, seen, context))
        : undefined
    if (refused) {
      record.state = refused
      return refused.phase === 'Running' ? { again: 30_000 } : finish(record, context)
    }
    const terminating = record.state.phase === 'Terminating'
    const observation = { ...stepObservation(record, tasks, seen, context), held }
    const rows = record.state.syncResult?.resources
    const { state, actions } = step(record.state, observation)
    record.state = state
    const hooks = actions.flat().filter((action) => action.type === 'apply' && action.task.hook)
    record.begun = [...new Set([...record.begun, ...hooks.map(({ task }) => task.id)])]
    if (actions.length > 0) {
      context.announce(seen)
      await context.save(hooks.length > 0)
    }
    const results = await run(actions, seen, context)
    const concluded = conclude(
      state,
      state.phase === 'Running' || state.phase === 'Terminating' ? results : [],
      observation,
    )
    record.state = concluded.state
    if (concluded.settle) record.settleUntil = clock.now() + waveDelay(seen.settings)
    else delete record.settleUntil
    if (concluded.actions.length > 0) await run(concluded.actions, seen, context)
    if (record.state.phase !== 'Running' && record.state.phase !== 'Terminating') {
      return finish(record, context, terminating)
    }
    // What was seen on the way stays in the rows, whatever is seen next.
    if (actions.length === 0 && !deepEqual(rows, state.syncResult?.resources)) await context.save(false)
    if (actions.length === 0) return { again: Math.max(0, Math.min(30_000, (deadline ?? Infinity) - clock.now())) }
    await context.save(hooks.length > 0)
  }
}

/** Writes down what is going to be done, once, before anything is. */
function announcePlan(record: OperationRecord, tasks: readonly SyncTask[], seen: Observation): void {
  if (record.plan || (record.state.syncResult?.resources ?? []).length > 0) return
  const { prune = false, dryRun = false } = record.state.operation.sync ?? {}
  const plan = announcedPlan(tasks, { prune, options: optionsOf(record, seen) })
  if (dryRun || isWorthTelling(plan)) record.plan = plan
}

function withResources(state: OperationState, resources: ReturnType<typeof toHeal>): OperationState {
  if (resources.length === 0) return state
  return { ...state, operation: { ...state.operation, sync: { ...state.operation.sync, resources } } }
}

/** Milliseconds between two waves, so that controllers can take up what was changed. */
function waveDelay({ argocdCm }: SyncSettings): number {
  const seconds = Number(argocdCm['controller.sync.wave.delay.seconds'] ?? 2)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 2000
}

function run(actions: readonly (readonly Action[])[], { settings }: Observation, { executor }: OperateContext) {
  return executor.run(actions, {
    migrateFrom: settings.annotations[annotation.clientSideApplyMigrationManager] ?? 'kubectl-client-side-apply',
    owned: (object) => ownerOf(object, settings) === settings.instance,
  })
}

/** When the settings have a running operation given up; undefined: never. */
function timeoutOf({ argocdCm }: SyncSettings, { startedAt }: OperationState): number | undefined {
  const seconds = Number(argocdCm['controller.sync.timeout.seconds'] ?? 0)
  return seconds > 0 ? Date.parse(startedAt) + seconds * 1000 : undefined
}

async function finish(
  record: OperationRecord,
  context: OperateContext,
  terminated = false,
): Promise<{ readonly again?: number }> {
  const now = context.clock.now()
  const cause = terminated ? record.terminatedBy : undefined
  const { state } = record
  const told = cause === undefined ? state : { ...state, message: `${state.message ?? ''}, triggered by ${cause}` }
  record.state = afterFailure(told, now, terminated)
  // What was done is in the rows by now; of a dry run the plan is all there is.
  if (!state.operation.sync?.dryRun) delete record.plan
  delete record.terminatedBy
  await context.save(true)
  const due = retryAt(record.state)
  return due === undefined ? {} : { again: Math.max(0, due - now) }
}

/** The plan, and what must not be pruned while something is uncertain. */
function planned(
  record: OperationRecord,
  seen: Observation,
  { live, deletePaths }: OperateContext,
): { readonly tasks: readonly SyncTask[]; readonly held: NonNullable<StepObservation['held']> } {
  const { operation, startedAt, syncResult } = record.state
  const { stale, kinds } = live.discovery()
  const options = optionsOf(record, seen)
  const all = planSync({
    comparison: seen.comparison,
    settings: seen.settings,
    sync: operation.sync ?? {},
    options,
    served: ({ group, kind }) => kinds.has(`${group}/${kind}`),
    revision: syncResult?.revision || (seen.bundle.revisions[0] ?? ''),
    startedAt,
    live: (key) => live.store.object(key),
    isHomeHidden: seen.isHomeHidden,
  })
  const certainty = { unlisted: (key: ResourceKey) => live.unlisted(key), stale }
  const held = all.flatMap((task) => {
    const reason = task.target ? undefined : pruneForbidden(task.key, certainty)
    return reason === undefined ? [] : [{ key: task.key, id: task.id, reason }]
  })
  const ids = new Set(held.map(({ id }) => id))
  const tasks = all.filter(({ id }) => !ids.has(id))
  if (!options.respectIgnoreDifferences) return { tasks, held }
  const { ignoreDifferences = [], argocdCm } = seen.settings
  const respecting = tasks.map((task) => {
    if (!task.target || !task.live || task.hook) return task
    return { ...task, target: respectingIgnored(task.target, task.live, { ignoreDifferences, argocdCm, deletePaths }) }
  })
  return { tasks: respecting, held }
}

function optionsOf(record: OperationRecord, { settings }: Observation): SyncOptions {
  return syncOptionsOf(record.state.operation.sync?.syncOptions, settings.argocdCm)
}

function stepObservation(
  record: OperationRecord,
  tasks: readonly SyncTask[],
  seen: Observation,
  context: OperateContext,
): StepObservation {
  return {
    tasks,
    options: optionsOf(record, seen),
    now: timestamp(context.clock.now()),
    health: context.health(seen.settings),
    begun: new Set(record.begun),
    pruneConfirmed: isApproved(record.state, seen.settings),
  }
}

/** Whether somebody has approved of deletions since the operation began; times have whole seconds. */
function isApproved({ startedAt }: OperationState, { annotations }: SyncSettings): boolean {
  const approvedAt = annotations[annotation.deletionApproved]
  return approvedAt !== undefined && Date.parse(approvedAt) >= Math.floor(Date.parse(startedAt) / 1000) * 1000
}

function forbidden({ state }: OperationRecord, { forbidden: why, clock }: OperateContext): OperationState | undefined {
  return why === undefined ? undefined : withPhase(state, 'Error', why, timestamp(clock.now()))
}

/** Ends an attempt before anything is applied, where it can never succeed, or must be asked about first. */
function refusal(
  record: OperationRecord,
  tasks: readonly SyncTask[],
  seen: Observation,
  context: OperateContext,
): OperationState | undefined {
  if ((record.state.syncResult?.resources ?? []).length > 0) return undefined
  const { comparison } = seen
  const { project, projectSpec } = context.settings()
  const settings = { ...seen.settings, project, projectSpec }
  const options = optionsOf(record, seen)
  const now = timestamp(context.clock.now())
  const errors = comparison.conditions.filter(({ type }) => type === 'ComparisonError' || type === 'InvalidSpecError')
  if (errors.length > 0) {
    return withPhase(record.state, 'Error', errors.map(({ type, message }) => `${type}: ${message}`).join(';'), now)
  }
  if (options.failOnSharedResource) {
    const shared = comparison.conditions.filter(({ type }) => type === 'SharedResourceWarning')
    const [first] = shared
    if (first) return withPhase(record.state, 'Failed', `Shared resource found: ${first.message}`, now)
  }
  const failed = invalid(record.state, {
    tasks,
    options,
    kinds: context.live.discovery().kinds,
    versions: context.live.discovery().versions,
    project: settings.project,
    projectSpec: settings.projectSpec,
    namespacePermitted: (namespace) => context.namespacePermitted(settings, namespace),
    refused: ({ key }) => context.policy.refuses(key),
    now,
  })
  if (failed) return failed
  const asked = askedAbout(record, tasks, seen, context)
  return asked === undefined ? undefined : { ...record.state, message: asked }
}

/** Why somebody has to agree to the prunes first. */
function askedAbout(
  record: OperationRecord,
  tasks: readonly SyncTask[],
  seen: Observation,
  { application, prunes: ledger }: OperateContext,
): string | undefined {
  const { settings, comparison } = seen
  const { sync } = record.state.operation
  if (!sync?.prune || sync.dryRun) return undefined
  const options = optionsOf(record, seen)
  const prunes = tasks.flatMap((task) =>
    !task.target && task.live && prunePermission(task.live, options) === 'yes' ? [task.key] : [],
  )
  if (prunes.length === 0) return undefined
  const owned = comparison.resources.filter(({ hook }) => !hook).length
  const limit = clusterDeletionLimitOf(settings.argocdCm)
  const reason =
    massDeletion(prunes, owned, massDeletionLimitOf(settings.argocdCm)) ??
    clusterDeletion(prunes, ledger.others(application, limit.within), limit) ??
    record.asked
  if (isApproved(record.state, settings)) return undefined
  // What somebody agreed to is no sign of something going wrong; only what went unasked counts.
  if (reason === undefined) ledger.pruned(application, record.state.startedAt, prunes.length)
  else record.asked = reason
  return reason
}
