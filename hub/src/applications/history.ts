import type { ApplicationStatus, OperationState, RevisionHistory } from '@flotilla/shared/argo/application'
import { makesHistory } from '@flotilla/shared/engine/history'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'

const defaultLimit = 10

/** The history with a finished operation added, cut to the limit; ids go on where the old ones ended. */
export function appendHistory(
  history: readonly RevisionHistory[],
  state: OperationState,
  limit: number | undefined,
): RevisionHistory[] {
  const result = state.syncResult
  const sync = state.operation.sync
  const last = history.at(-1)
  const initiatedBy = state.operation.initiatedBy
  const revision = result?.revision ?? sync?.revision
  const revisions = result?.revisions ?? sync?.revisions
  const source = result?.source ?? sync?.source
  const sources = result?.sources ?? sync?.sources
  const entry: RevisionHistory = {
    id: last ? last.id + 1 : 0,
    ...(revision ? { revision } : {}),
    ...(revisions && revisions.length > 0 ? { revisions } : {}),
    ...(source ? { source } : {}),
    ...(sources && sources.length > 0 ? { sources } : {}),
    deployStartedAt: state.startedAt,
    deployedAt: state.finishedAt ?? state.startedAt,
    initiatedBy: initiatedBy ?? {},
  }
  const keep = limit ?? defaultLimit
  return keep <= 0 ? [] : [...history, entry].slice(-keep)
}

/**
 * Whether two states are the same run at the same point, so that folding it again would add nothing. Times have whole
 * seconds, in which more than one run may fall: what was run and what came of it tell them apart.
 */
export function sameRun(a: OperationState | undefined, b: OperationState): boolean {
  if (!a || a.startedAt !== b.startedAt || a.finishedAt !== b.finishedAt || a.phase !== b.phase) return false
  return deepEqual(a.operation, b.operation) && deepEqual(a.syncResult, b.syncResult)
}

/** The status after an operation state was seen: itself, and the history where it has just ended. */
export function withOperationState(
  status: ApplicationStatus,
  state: OperationState,
  limit: number | undefined,
): ApplicationStatus {
  const next: ApplicationStatus = { ...status, operationState: state }
  if (makesHistory(state) && state.finishedAt && !sameRun(status.operationState, state)) {
    const history = appendHistory(status.history ?? [], state, limit)
    if (history.length > 0) next.history = history
    else delete next.history
  }
  return next
}

/**
 * The status with the history entries of operations whose ends the hub has not seen. An empty history beside a run on
 * record is one that was cut to nothing: what had ended until then was in it;
 * where the run was taken from the record, what had ended until `seenUntil`.
 */
export function withEnded(
  status: ApplicationStatus,
  ended: readonly OperationState[],
  limit: number | undefined,
  seenUntil?: string,
): ApplicationStatus {
  let history = status.history ?? []
  const known = history.length === 0 ? status.operationState : undefined
  const cutAt = known?.finishedAt ?? known?.startedAt ?? (history.length === 0 ? seenUntil : undefined)
  for (const state of ended) {
    const last = history.at(-1)
    const at = state.finishedAt ?? state.startedAt
    // What is older than the newest entry is in already, or has left by the limit.
    if (cutAt !== undefined && at <= cutAt && (known?.finishedAt || state.startedAt !== known?.startedAt)) continue
    if (last && (at < last.deployedAt || history.some((entry) => isOf(entry, state)))) continue
    if (makesHistory(state)) history = appendHistory(history, state, limit)
  }
  return history.length > 0 ? { ...status, history } : status
}

function isOf(entry: RevisionHistory, state: OperationState): boolean {
  return (
    entry.deployStartedAt === state.startedAt &&
    entry.deployedAt === (state.finishedAt ?? state.startedAt) &&
    (entry.revision ?? '') === (state.syncResult?.revision ?? '') &&
    deepEqual(entry.revisions ?? [], state.syncResult?.revisions ?? [])
  )
}
