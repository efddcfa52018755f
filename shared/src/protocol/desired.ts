import { Type, type Static } from 'typebox'
import type { DeletionStep } from '../engine/delete.ts'
import { ApplicationSource, Destination, IgnoreDifference, Operation, SyncPolicy } from '../argo/application.ts'

/** `sha256:<hex>` of canonical JSON (keys sorted, no blanks). */
export const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' })
export type Digest = Static<typeof Digest>

/** A sync window as the project has it (AppProject.spec.syncWindows), already narrowed to those that match the application. */
export const SyncWindow = Type.Object({}, { additionalProperties: true })
export type SyncWindow = Record<string, unknown>

/** All that an agent needs beside manifests to compare, sync and judge one application. Part of its bundle, so changes change the digest. */
export const SyncSettings = Type.Object({
  /** The application's name as tracking ids carry it: `name`, or `namespace_name` outside the control namespace. */
  instance: Type.String(),
  project: Type.String(),
  destination: Destination,
  sources: Type.Array(ApplicationSource),
  multiSource: Type.Boolean(),
  sourceTypes: Type.Array(Type.String()),
  syncPolicy: Type.Optional(SyncPolicy),
  ignoreDifferences: Type.Optional(Type.Array(IgnoreDifference)),
  /** The destination's cluster under both of its names, as projects' rules may use either. */
  cluster: Type.Optional(Type.Object({ name: Type.String(), server: Type.String() })),
  /** Annotations of the Application that steer comparison and sync (compare-options, skip-reconcile, deletion-approved, …). */
  annotations: Type.Record(Type.String(), Type.String()),
  trackingMethod: Type.Union([Type.Literal('annotation'), Type.Literal('label'), Type.Literal('annotation+label')]),
  instanceLabelKey: Type.String(),
  installationId: Type.Optional(Type.String()),
  /** argocd-cm keys that change comparison, health and actions: `resource.*`, `ignoreResourceStatusField`, … verbatim. */
  argocdCm: Type.Record(Type.String(), Type.String()),
  /** What the project permits: AppProject.spec, verbatim but for roles. */
  projectSpec: Type.Record(Type.String(), Type.Unknown()),
})
export type SyncSettings = Static<typeof SyncSettings>

/** What a render gives, content-addressed: manifests by digest, in order, and the settings that go with them. */
export const Bundle = Type.Object({
  /** Resolved revisions, one a source. */
  revisions: Type.Array(Type.String()),
  manifests: Type.Array(Digest),
  /** For each manifest the index of its source; absent for one source. */
  origins: Type.Optional(Type.Array(Type.Integer())),
  settings: Digest,
})
export type Bundle = Static<typeof Bundle>

/** One manual operation to run: of the desired bundle, or of one of its own (another revision, rollback, local manifests). */
export const OperationOrder = Type.Object({
  /** Unique; an agent runs an order at most once, whatever is resent. */
  id: Type.String(),
  operation: Operation,
  bundle: Digest,
  /** How often the hub failed to begin the operation before, and when it tried first. */
  retryCount: Type.Optional(Type.Integer()),
  startedAt: Type.Optional(Type.String()),
})
export type OperationOrder = Static<typeof OperationOrder>

/** What one application should be on one cluster. */
export const Assignment = Type.Object({
  /** `namespace/name` of the Application on the hub. */
  application: Type.String(),
  /** The Application's uid: a deleted and recreated one is another. */
  incarnation: Type.String(),
  /** Grows with each change of the assignment within an incarnation. */
  generation: Type.Integer(),
  /** Absent where nothing could be rendered: keep what there is, prune nothing, still watch and report. */
  bundle: Type.Optional(Digest),
  /** A hard or normal refresh was asked for; grows. */
  refresh: Type.Optional(Type.Integer()),
  operation: Type.Optional(OperationOrder),
  /** The order with this id is to be terminated. */
  terminate: Type.Optional(Type.String()),
  /** The application is being deleted: how its objects go, where they do. */
  cascade: Type.Optional(Type.Union([Type.Literal('foreground'), Type.Literal('background')])),
  /** What the deletion has to do, in this order. */
  deletion: Type.Optional(Type.Array(Type.Unsafe<DeletionStep>(Type.String()))),
  /** Somebody has approved of the deletion since it was asked for: objects that want to be asked about may go. */
  deletionApproved: Type.Optional(Type.Boolean()),
  /** The last operation ended on the hub before any agent heard of it: its revisions and message. Automated sync rests until another one is run. */
  unstarted: Type.Optional(Type.String()),
  /** Nothing is to be done and nothing told (`skip-reconcile`). */
  paused: Type.Optional(Type.Boolean()),
  /** Automated sync must not start (manifest generation failed, invalid spec, …): the reason. */
  hold: Type.Optional(Type.String()),
})
export type Assignment = Static<typeof Assignment>
