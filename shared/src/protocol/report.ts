import { Type, type Static } from 'typebox'
import type { Condition, HealthStatus, OperationState, ResourceStatus, SyncStatusCode } from '../argo/application.ts'
import { PlannedStep } from '../engine/announced-plan.ts'
import type { DeletionStep } from '../engine/delete.ts'
import { Digest } from './desired.ts'

/** What an agent says of one application: whole and latest, so that queued ones coalesce. */
export const ApplicationReport = Type.Object({
  application: Type.String(),
  incarnation: Type.String(),
  /** The assignment's generation this was computed for. */
  generation: Type.Integer(),
  bundle: Type.Optional(Digest),
  sync: Type.Unsafe<SyncStatusCode>(Type.String()),
  revisions: Type.Array(Type.String()),
  health: Type.Unsafe<HealthStatus>(Type.Object({}, { additionalProperties: true })),
  resources: Type.Array(Type.Unsafe<ResourceStatus>(Type.Object({}, { additionalProperties: true }))),
  conditions: Type.Array(Type.Unsafe<Condition>(Type.Object({}, { additionalProperties: true }))),
  images: Type.Array(Type.String()),
  externalURLs: Type.Array(Type.String()),
  operationState: Type.Optional(Type.Unsafe<OperationState>(Type.Object({}, { additionalProperties: true }))),
  /**
   * Operations before this one that belong in the history, oldest first, without rows: reports coalesce, so the hub may
   * never have seen their ends.
   */
  ended: Type.Optional(Type.Array(Type.Unsafe<OperationState>(Type.Object({}, { additionalProperties: true })))),
  /** Id of the order that `operationState` runs; absent for automated operations. */
  operationId: Type.Optional(Type.String()),
  /** The operation that is running is the agent's own (automated); the hub mirrors it. */
  automated: Type.Optional(Type.Boolean()),
  /** Refresh counter last obeyed. */
  refresh: Type.Optional(Type.Integer()),
  /** RFC 3339, when this comparison was made. */
  reconciledAt: Type.String(),
  /** What the application waits for, since when, and when the agent looks again by itself. */
  waits: Type.Optional(
    Type.Object({
      reason: Type.String(),
      since: Type.String(),
      nextAt: Type.Optional(Type.String()),
      /** Where it stands, what the things are like that it waits for, what comes after. */
      details: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  /** What the operation is going to do, where there is more than one step to it, or it was a dry run. */
  plan: Type.Optional(Type.Array(PlannedStep)),
  /** Steps of a deletion that are done. */
  deletionDone: Type.Optional(Type.Array(Type.Unsafe<DeletionStep>(Type.String()))),
  /** Cascade deletion is complete: nothing of the application is left. */
  deleted: Type.Optional(Type.Boolean()),
})
export type ApplicationReport = Static<typeof ApplicationReport>

/** What an application waits for. */
export type Wait = NonNullable<ApplicationReport['waits']>
