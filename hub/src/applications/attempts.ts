import {
  isUnderWay,
  type Application,
  type ApplicationStatus,
  type Operation,
  type OperationState,
} from '@flotilla/shared/argo/application'
import { afterFailure, nextAttempt, retryAt, wantsLatest } from '@flotilla/shared/engine/retry'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { rfc3339 } from './conditions.ts'
import { failedToStart } from './operation.ts'

/** One try to begin an operation on the hub: before an agent is given its order. */
export interface Attempt {
  readonly operation: Operation
  /** Failed tries before this one. */
  readonly count: number
  readonly startedAt?: string | undefined
}

/**
 * The state of an operation that could not begin and waits for its next try. An agent's own retries look the same: ask
 * only where no agent was given an order.
 */
export function waitingState({ operation, status }: Application): OperationState | undefined {
  const state = status?.operationState
  if (!operation || !state?.retryCount || state.finishedAt === undefined) return undefined
  if (!isUnderWay(state)) return undefined
  const { retry = {}, initiatedBy = {} } = operation
  return deepEqual(state.operation, { ...operation, initiatedBy, retry }) ? state : undefined
}

/** How often the operation that is asked for has failed to begin. */
export function failuresOf(app: Application): number {
  return waitingState(app)?.retryCount ?? 0
}

/** When the operation is tried again; undefined where it does not wait, or is to end. */
export function nextTryAt(app: Application): number | undefined {
  const state = waitingState(app)
  return state && retryAt(state)
}

/** The try that is due now; undefined where there is none, or not yet. */
export function attemptOf(app: Application, now: number): Attempt | undefined {
  if (!app.operation) return undefined
  const state = waitingState(app)
  if (!state) return { operation: app.operation, count: 0 }
  if ((retryAt(state) ?? now) > now) return undefined
  const { sync } = app.operation
  const count = state.retryCount ?? 0
  if (!sync || !wantsLatest(state)) return { operation: app.operation, count, startedAt: state.startedAt }
  const { revision: _one, revisions: _all, ...latest } = sync
  return { operation: { ...app.operation, sync: latest }, count, startedAt: state.startedAt }
}

/** The state after a try that failed: the end, or waiting for the next one as the operation's `retry` says. */
export function afterAttempt(app: Application, operation: Operation, message: string, now: number): OperationState {
  const waited = waitingState(app)
  const failed = failedToStart(app, operation, message, rfc3339(now))
  const state = waited ? { ...failed, startedAt: waited.startedAt, retryCount: waited.retryCount ?? 0 } : failed
  return afterFailure(state, now, waited?.phase === 'Terminating')
}

/** The status once an agent has the order: what waited runs again, until the agent says more. */
export function resumed(app: Application, status: ApplicationStatus): ApplicationStatus {
  const state = waitingState(app)
  return state?.phase === 'Running' ? { ...status, operationState: nextAttempt(state, []) } : status
}

/**
 * The end of an operation that waited here for its next try when somebody took it away. What an agent runs, by an order
 * or on its own, is the agent's to end.
 */
export function withdrawnState(
  { operation, status }: Application,
  report: ApplicationReport | undefined,
  now: string,
): OperationState | undefined {
  const state = status?.operationState
  if (operation || !state?.retryCount || !isUnderWay(state)) return undefined
  if (state.finishedAt === undefined || report?.operationState?.startedAt === state.startedAt) return undefined
  return {
    ...state,
    phase: 'Failed',
    finishedAt: now,
    message: `Operation terminated (retried ${state.retryCount} times).`,
  }
}
