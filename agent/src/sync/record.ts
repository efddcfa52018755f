import type { PlannedStep } from '@flotilla/shared/engine/announced-plan'
import type { DeletionStep } from '@flotilla/shared/engine/delete'
import { forHistory, makesHistory } from '@flotilla/shared/engine/history'
import { timestamp } from '@flotilla/shared/engine/retry'
import { isUnderWay as isStateUnderWay, type OperationState } from '@flotilla/shared/argo/application'
import type { Wait } from '@flotilla/shared/protocol/report'

/** An operation that runs, or ran last: enough to go on with it after a crash. */
export interface OperationRecord {
  /** The hub's order; absent where the agent started it itself. */
  readonly order?: string
  /** The bundle it syncs, fixed at its start but for retries that go for the latest. */
  bundle: string
  /** Why it is being terminated, where nobody asked for it. */
  terminatedBy?: string
  state: OperationState
  /** Ids of hooks that were about to be created: written down before they are, so none is made twice. */
  begun: string[]
  /** The next wave waits until then (milliseconds since 1970): what was applied may not show its new health yet. */
  settleUntil?: number
  /** Why its prunes were held back: it waits until somebody approves, whatever the limits say later. */
  asked?: string
  /** What it is going to do, announced before it begins, where there is more than one step to it. */
  plan?: PlannedStep[]
}

/** What the agent remembers of an application, across its own death. */
export interface ApplicationRecord {
  readonly incarnation: string
  /** Kinds (`group/kind`) that the application ever had objects of: watched though Git names them no more. */
  kinds: string[]
  /** Namespaces in which it ever had objects: they are watched one by one, where the agent may not watch all. */
  namespaces?: string[]
  operation?: OperationRecord
  /** The last operations before it that belong in the history. */
  ended?: OperationState[]
  /** The hub's order that was begun last. */
  order?: string
  deletingSince?: string
  /** What it waits for, and since when. */
  waits?: Wait
  /** Steps of the deletion that are done. */
  deletionDone?: DeletionStep[]
  /** What went wrong last in the step that is being worked on. */
  deletionFailed?: string
}

/** The record of an incarnation: as remembered, which is the caller's own to change, or a new one. */
export function recordFor(remembered: unknown, incarnation: string): ApplicationRecord {
  const record = remembered as ApplicationRecord | undefined
  return record?.incarnation === incarnation ? record : { incarnation, kinds: [] }
}

/** Whether the operation has more to do. */
export function isUnderWay(operation: OperationRecord | undefined): boolean {
  return isStateUnderWay(operation?.state)
}

/** Puts a new operation in the place of the one that ran last, of which the history is kept. */
export function beginRecord(record: ApplicationRecord, operation: OperationRecord): void {
  const last = record.operation?.state
  if (last && makesHistory(last)) record.ended = [...(record.ended ?? []), forHistory(last)].slice(-endedKept)
  record.operation = operation
}

const endedKept = 5

/** Writes down what an application waits for; the same reason keeps the time at which it came. */
export function noteWait(
  record: ApplicationRecord,
  reason: string | undefined,
  now: number,
  { nextAt, details = [] }: { readonly nextAt?: number | undefined; readonly details?: readonly string[] } = {},
): void {
  if (reason === undefined || reason === '') {
    delete record.waits
    return
  }
  const since = record.waits?.reason === reason ? record.waits.since : timestamp(now)
  record.waits = {
    reason,
    since,
    ...(nextAt !== undefined && { nextAt: timestamp(nextAt) }),
    ...(details.length > 0 && { details: [...details] }),
  }
}
