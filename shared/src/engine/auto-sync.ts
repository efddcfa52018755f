import type { OperationState, SyncOperation } from '../argo/application.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import type { SyncSettings } from '../protocol/desired.ts'
import type { ComparedResource, Comparison } from './compare-types.ts'
import type { Operation } from '../argo/application.ts'

export interface AutoSyncInput {
  readonly settings: SyncSettings
  readonly comparison: Comparison
  readonly revisions: readonly string[]
  /** The last operation, or the one that runs. */
  readonly last: OperationState | undefined
  /** Revisions and message of an operation after that, which ended before it began. */
  readonly unstarted?: string | undefined
  /** The application is on its way out. */
  readonly deleting: boolean
  /** Why automated sync may not start at all (a hold of the hub's, a sync window). */
  readonly blocked: string | undefined
  readonly now: number
}

/** Start an operation, wait until a time, or leave it; with the reason and the condition that users see. */
export type AutoSyncDecision =
  | { readonly type: 'sync'; readonly operation: Operation }
  | { readonly type: 'later'; readonly at: number; readonly reason: string; readonly error?: string }
  | { readonly type: 'no'; readonly reason: string; readonly error?: string }

/** Whether to sync on one's own account, and how: Argo CD's list, in its order. */
export function decideAutoSync(input: AutoSyncInput): AutoSyncDecision {
  const { settings, comparison, last } = input
  const automated = settings.syncPolicy?.automated
  if (!automated || automated.enabled === false) return no('automated sync is off')
  if (last && (last.phase === 'Running' || last.phase === 'Terminating')) return no('another operation is in progress')
  if (input.deleting) return no('the application is being deleted')
  const different = comparison.resources.filter(({ row }) => row.status === 'OutOfSync')
  // What can be seen is kept up, though not everything can.
  const isPartlySeen = comparison.blind !== undefined && different.length > 0
  if (comparison.sync !== 'OutOfSync' && !isPartlySeen) return no(`the application is ${comparison.sync}`)
  if (input.blocked !== undefined) return no(input.blocked)
  if (!automated.prune && different.every(({ row }) => row.requiresPruning)) {
    return no('only objects to prune are left, and automated pruning is off')
  }
  const sync = syncOf(input)
  // Another commit is tried: it may be the one that repairs what kept the operation from beginning.
  if (input.unstarted?.startsWith(`${revisionText(input.revisions)}: `)) {
    const error = `Failed last sync attempt to ${input.unstarted}`
    return { type: 'no', reason: 'an operation ended without a result', error }
  }
  if (last && isAttempted(last, sync, input)) {
    const failed =
      last.phase === 'Succeeded'
        ? undefined
        : `Failed last sync attempt to ${revisionText(input.revisions)}: ${last.message ?? ''}`
    // What could not be healed may be healed later: the commit had been synced before, so that it is not the commit's fault.
    if (failed !== undefined && !(automated.selfHeal && isFailedHeal(last))) {
      return { type: 'no', reason: 'this commit was tried and failed', error: failed }
    }
    if (!automated.selfHeal) return no('this commit was synced, and self-heal is off')
    const attempts = last.operation.sync?.autoHealAttemptsCount ?? 0
    const at = Date.parse(last.finishedAt ?? last.startedAt) + healDelay(attempts, settings.argocdCm)
    if (at > input.now) {
      return { type: 'later', at, reason: 'self-heal waits for its back-off', ...(failed && { error: failed }) }
    }
    if (different.every(isGoing)) return no('all that differs is being deleted already')
    sync.autoHealAttemptsCount = attempts + 1
    sync.resources = toHeal(comparison)
  }
  if (automated.prune && !automated.allowEmpty) {
    const compared = comparison.resources.filter(({ hook }) => !hook)
    if (compared.length > 0 && compared.every(({ row }) => row.requiresPruning)) {
      const error = `Skipping sync attempt to ${revisionText(input.revisions)}: auto-sync will wipe out all resources`
      return { type: 'no', reason: 'it would delete every object', error }
    }
  }
  const operation: Operation = {
    sync,
    initiatedBy: { automated: true },
    retry: settings.syncPolicy?.retry ?? { limit: 5 },
  }
  return { type: 'sync', operation }
}

/** What self-heal syncs: all that differs; what is not compared is named too, hooks among it, though no hook runs. */
export function toHeal({ resources }: Comparison): NonNullable<SyncOperation['resources']> {
  return resources
    .filter(({ row }) => row.status === 'OutOfSync' || row.status === undefined)
    .filter((resource) => !isGoing(resource))
    .map(({ key }) => ({ ...(key.group !== '' && { group: key.group }), kind: key.kind, name: key.name }))
}

/** What is to be pruned, and is on its way out already. */
function isGoing({ target, live }: ComparedResource): boolean {
  return !target && live?.metadata.deletionTimestamp !== undefined
}

/** A self-heal that failed by itself; one that somebody ended is not begun again. */
function isFailedHeal({ operation, message }: OperationState): boolean {
  return operation.sync?.autoHealAttemptsCount !== undefined && !message?.startsWith('Operation terminated')
}

/**
 * Milliseconds that self-heal waits after its n-th attempt in a row: 2 s, 6 s, 18 s and so on up to 5 min, or as
 * `controller.self.heal.*` says; a fixed timeout there takes the place of all that.
 */
export function healDelay(attempts: number, argocdCm: Readonly<Record<string, string>> = {}): number {
  const seconds = (name: string, usual: number) => {
    const value = Number(argocdCm[`controller.self.heal.${name}`])
    return Number.isFinite(value) && value > 0 ? value : usual
  }
  const fixed = seconds('timeout.seconds', 0)
  if (fixed > 0) return fixed * 1000
  if (attempts === 0) return 0
  const first = seconds('backoff.timeout.seconds', 2)
  const delay = first * seconds('backoff.factor', 3) ** (attempts - 1)
  return Math.min(seconds('backoff.cap.seconds', 300), delay) * 1000
}

function syncOf({ settings, revisions }: AutoSyncInput): SyncOperation {
  const { syncPolicy } = settings
  const [revision] = revisions
  return {
    ...(settings.multiSource
      ? { revisions: [...revisions], sources: [...settings.sources] }
      : { ...(revision !== undefined && { revision }), ...(settings.sources[0] && { source: settings.sources[0] }) }),
    ...(syncPolicy?.automated?.prune && { prune: true }),
    ...(syncPolicy?.syncOptions && syncPolicy.syncOptions.length > 0 && { syncOptions: [...syncPolicy.syncOptions] }),
  }
}

/** The last operation was a sync of these commits with these sources. */
function isAttempted(last: OperationState, sync: SyncOperation, { settings, revisions }: AutoSyncInput): boolean {
  const result = last.syncResult
  if (!result) return false
  return settings.multiSource
    ? deepEqual(result.revisions ?? [], revisions) && deepEqual(result.sources ?? [], sync.sources ?? [])
    : result.revision === (revisions[0] ?? '') && deepEqual(result.source, sync.source)
}

function revisionText(revisions: readonly string[]): string {
  return `[${revisions.join(' ')}]`
}

function no(reason: string): AutoSyncDecision {
  return { type: 'no', reason }
}
