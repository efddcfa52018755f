import type { KubeObject } from '../k8s/object.ts'
import type { Revision } from './object-store.ts'

/** Who acts, as audit, admission and managedFields see it. */
export interface Actor {
  readonly user: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Addresses a resource as its URL does. */
export interface ResourceRef {
  readonly group: string
  readonly version: string
  /** Plural, as in URLs: `deployments`. */
  readonly resource: string
  /** Empty or absent: cluster-scoped, or (lists, watches) all namespaces. */
  readonly namespace?: string
}

export interface ObjectRef extends ResourceRef {
  readonly name: string
}

export interface WriteOptions {
  readonly actor?: Actor
  readonly fieldManager?: string
  readonly dryRun?: boolean
  /** `status`, `scale`, …; absent: the object itself. */
  readonly subresource?: string
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export interface PatchOptions extends WriteOptions {
  readonly type: PatchType
  /** Of `apply`: take over fields that others own. */
  readonly force?: boolean
}

export interface DeleteOptions {
  readonly actor?: Actor
  readonly dryRun?: boolean
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export interface ListQuery {
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface ObjectList {
  readonly revision: Revision
  readonly items: readonly KubeObject[]
}

export type ObjectEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'GONE' }

/**
 * The Kubernetes API in process: what the HTTP handler does for clients, for controllers of the same process.
 * Every refusal is a `StatusError` with the Status a client would read. Objects read are frozen or copies: never shared state.
 */
export interface Objects {
  get(ref: ObjectRef): Promise<KubeObject>
  list(ref: ResourceRef, query?: ListQuery): Promise<ObjectList>
  create(ref: ResourceRef, object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  /** Compare-and-swap where the object carries a resourceVersion, else unconditional where the kind allows it. */
  update(ref: ObjectRef, object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<KubeObject>
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<KubeObject>
  /** Events after `since`; `GONE` is the last one where history was compacted: list and watch anew. */
  watch(ref: ResourceRef, since: Revision, onEvent: (event: ObjectEvent) => void, query?: ListQuery): () => void
}
