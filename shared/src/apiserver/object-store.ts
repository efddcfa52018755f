import type { KubeObject } from '../k8s/object.ts'

/** A growing, opaque-to-callers, decimal revision: one counter for the whole store. */
export type Revision = string

/** `resource` is `plural.group`, as in `deployments.apps`; the core group has no dot: `configmaps`. */
export interface ObjectKey {
  readonly resource: string
  /** Empty for cluster-scoped objects. */
  readonly namespace: string
  readonly name: string
}

/** An object as stored; `object.metadata.resourceVersion` is its revision. Never to be mutated by readers. */
export interface Stored {
  readonly key: ObjectKey
  readonly revision: Revision
  readonly object: KubeObject
  /** The object as JSON, of stores that have it at hand: who only passes it on need not read it. */
  readonly text?: string
}

export interface Scope {
  readonly resource: string
  /** Absent: all namespaces. */
  readonly namespace?: string
}

export interface ListOptions {
  /** Exact revision of the snapshot; absent: now. Throws `RevisionGone` where compacted. */
  readonly at?: Revision
  readonly limit?: number
  /** List strictly after this key (pages of one snapshot, in order of namespace, then name). */
  readonly after?: { readonly namespace: string; readonly name: string }
}

export interface Listing {
  readonly revision: Revision
  readonly items: readonly Stored[]
  /** How many follow this page; 0 at the end. */
  readonly remaining: number
}

export interface Change {
  readonly type: 'added' | 'modified' | 'deleted'
  readonly revision: Revision
  /** Of a deletion: the last state, with the revision of the deletion as resourceVersion. */
  readonly stored: Stored
  /** The state before; absent for `added`. Lets a watcher with a selector see objects leave. */
  readonly previous?: Stored
}

export interface WatchSink {
  change(change: Change): void
  /** The store has no more to say to this watcher (slow, or closed); it must list anew. */
  end(error: StoreError): void
}

export type StopWatch = () => void

/**
 * The versioned object store that hub and embedded cluster stand on (CAS, list, watch; no transaction over two objects).
 * `create`, `update` and `remove` resolve once the write is durable; watchers see it no earlier.
 */
export interface ObjectStore {
  /** The revision of the latest write. */
  revision(): Promise<Revision>
  get(key: ObjectKey): Promise<Stored | undefined>
  list(scope: Scope, options?: ListOptions): Promise<Listing>
  /** Stores a new object. Throws `AlreadyExists`. */
  create(key: ObjectKey, object: KubeObject): Promise<Stored>
  /** Replaces if its revision is still `expected`. Throws `NotFound`, `Conflict`. */
  update(key: ObjectKey, object: KubeObject, expected: Revision): Promise<Stored>
  /** Removes if its revision is still `expected`; the answer carries the revision of the deletion. Throws `NotFound`, `Conflict`. */
  remove(key: ObjectKey, expected: Revision): Promise<Stored>
  /** All changes after `since`, in order, without gap or duplicate. Throws `RevisionGone` where compacted. */
  watch(scope: Scope, since: Revision, sink: WatchSink): StopWatch
  /** Forgets history up to and including `revision`; live objects stay. */
  compact(revision: Revision): Promise<void>
  close(): Promise<void>
}

export type StoreErrorReason = 'AlreadyExists' | 'NotFound' | 'Conflict' | 'RevisionGone' | 'Unavailable' | 'Closed'

/** What a store refuses, with the reason as data; `retry` says whether the same call may succeed later. */
export class StoreError extends Error {
  readonly reason: StoreErrorReason
  readonly retry: boolean

  constructor(reason: StoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.reason = reason
    this.retry = reason === 'Unavailable'
  }
}
