import type { Application, Operation, OperationState } from '@flotilla/shared/argo/application'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'

/** Whether an operation has come to its end; one that waits for its next try has not. */
export function finished(state: OperationState | undefined): boolean {
  return !!state?.finishedAt && state.phase !== 'Running' && state.phase !== 'Terminating'
}

/** The state of an operation that could not even begin; its result has what it was to sync, and no rows. */
export function failedToStart(app: Application, operation: Operation, message: string, now: string): OperationState {
  const { sync = {} } = operation
  const sources = sync.sources ?? (sync.source ? undefined : app.spec.sources)
  const source = sync.source ?? (sources?.length ? { repoURL: '' } : app.spec.source)
  const syncResult = {
    revision: sync.revision ?? '',
    ...(sync.revisions && { revisions: [...sync.revisions] }),
    ...(source && { source }),
    ...(sources?.length && { sources: [...sources] }),
  }
  const { retry = {}, initiatedBy = {} } = operation
  return {
    operation: { ...operation, initiatedBy, retry },
    phase: 'Error',
    message,
    startedAt: now,
    finishedAt: now,
    syncResult,
  }
}

/** Whether a report tells the end of the order with this id. */
export function orderFinished(report: ApplicationReport | undefined, orderId: string): boolean {
  return report?.operationId === orderId && finished(report.operationState)
}

/** Whether someone asks for the running operation to end: by REST or by a patch of the status. */
export function terminationWanted(app: Application): boolean {
  return app.status?.operationState?.phase === 'Terminating'
}

/** What a terminated automated operation is called: it has no order. */
export const automatedOperation = 'automated'

/**
 * The state to show: an agent that has not heard of a termination yet still says `Running`, and must not make the
 * wish to terminate go away.
 */
export function keepTerminating(
  before: OperationState | undefined,
  report: ApplicationReport | undefined,
): ApplicationReport | undefined {
  const state = report?.operationState
  if (!report || !state || before?.phase !== 'Terminating' || state.phase !== 'Running') return report
  if (before.startedAt !== state.startedAt) return report
  return {
    ...report,
    operationState: { ...state, phase: 'Terminating', message: before.message ?? 'operation is terminating' },
  }
}

/** What tells the run in a report from every other. */
export function runOf(report: ApplicationReport | undefined): string | undefined {
  const state = report?.operationState
  return state && `${report.incarnation} ${report.operationId ?? ''} ${state.startedAt} ${state.finishedAt ?? ''}`
}

/** The report without the run that something newer has superseded. */
export function withoutRun(
  report: ApplicationReport | undefined,
  run: string | undefined,
): ApplicationReport | undefined {
  if (!report || run === undefined || runOf(report) !== run) return report
  const { operationState: _superseded, ...rest } = report
  return rest
}

/**
 * The report without the state of a run that ended before the operation which is asked for: who asks for a sync waits for
 * its state, and must not take the one before for it. That run keeps its place in the history.
 */
export function withoutEarlierRun(
  { operation, status }: Application,
  report: ApplicationReport | undefined,
  order: string | undefined,
): ApplicationReport | undefined {
  const state = report?.operationState
  if (!report || !state || !operation || status?.operationState !== undefined) return report
  if (!finished(state) || (order !== undefined && report.operationId === order)) return report
  const { operationState: _earlier, ...rest } = report
  // Where there is no history none is kept, or there was none to keep.
  if (!status?.history?.length) return rest
  return { ...rest, ended: [...(report.ended ?? []), state] }
}
