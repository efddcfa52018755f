import type { Application, ApplicationStatus } from '@flotilla/shared/argo/application'
import { controlNamespace } from '@flotilla/shared/argo/resources'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { afterAttempt, failuresOf, resumed, withdrawnState } from './attempts.ts'
import { withoutRefresh } from './changes.ts'
import { rfc3339 } from './conditions.ts'
import { finalizersLeft, withHookFinalizers } from './deletion.ts'
import { withOperationState } from './history.ts'
import { finished, keepTerminating, withoutEarlierRun, withoutRun } from './operation.ts'
import type { Outcome } from './reconcile.ts'
import type { Sight } from './sight.ts'
import { foldStatus } from './status.ts'

/** All that decides what an application is to say of itself. */
export interface Seen {
  readonly outcome: Outcome
  /** The agent's last word. */
  readonly report: ApplicationReport | undefined
  /** The run that an operation which failed here has superseded. */
  readonly superseded: string | undefined
  /** The order that the agent has; `done`: it ended, and its end is not on record yet. */
  readonly order: { readonly id: string } | undefined
  readonly done: boolean
  readonly sight: Omit<Sight, 'blind' | 'lookAfter'>
  /** The refresh that was asked for has been done. */
  readonly refreshed: boolean
  /** No cluster can hold anything of it. */
  readonly nothingToDelete: boolean
  /** In milliseconds. */
  readonly now: number
}

export interface Next {
  readonly app: Application
  readonly status: ApplicationStatus
  /** An operation has failed before an agent could take it up. */
  readonly failed: boolean
}

/** What an application is to be, given what was made of it here and what its agent says. */
export function nextApplication(app: Application, seen: Seen): Next {
  const { outcome, done, now } = seen
  const report = withoutEarlierRun(app, withoutRun(seen.report, seen.superseded), seen.order?.id)
  const folded = foldStatus(app, keepTerminating(app.status?.operationState, report), {
    now: rfc3339(now),
    controlNamespace,
    invalid: outcome.invalid,
    renderFailure: outcome.renderFailure,
    conditions: outcome.conditions,
    sourceTypes: outcome.sourceTypes,
    ...seen.sight,
  })
  const attempt = attemptAt(app, seen)
  const withdrawn = withdrawnState(app, report, rfc3339(now))
  const ordered = outcome.ordered && !report?.operationState
  const begun = attempt ? withOperationState(folded, attempt, undefined) : ordered ? resumed(app, folded) : folded
  const status = withdrawn ? { ...begun, operationState: withdrawn } : begun
  const metadata = { ...app.metadata }
  if (seen.refreshed && metadata.annotations) metadata.annotations = withoutRefresh(metadata.annotations)
  const finalizers = finalizersOf(app, seen)
  if (finalizers) metadata.finalizers = [...finalizers]
  const next: Application = { ...app, metadata, status }
  if (done || (attempt && finished(attempt))) delete next.operation
  return { app: next, status, failed: attempt !== undefined }
}

/** The state of an operation that failed here. An outcome counts once: who has written it down has one failure more. */
function attemptAt(app: Application, { outcome, done, now }: Seen) {
  const { operationError, failures } = outcome
  if (!app.operation || operationError === undefined || done || failures !== failuresOf(app)) return undefined
  return afterAttempt(app, app.operation, operationError, now)
}

/** The finalizers that an application is to have; undefined where they stay. */
function finalizersOf(app: Application, seen: Seen): readonly string[] | undefined {
  const { outcome, report, nothingToDelete } = seen
  if (app.metadata.deletionTimestamp)
    return outcome.abandon || nothingToDelete ? finalizersLeft(app) : finalizersLeft(app, report?.deletionDone ?? [])
  const before = app.metadata.finalizers ?? []
  const after = outcome.deleteHooks ? withHookFinalizers(before, outcome.deleteHooks) : before
  return after === before ? undefined : after
}
