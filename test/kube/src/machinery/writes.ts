import type { DeleteOptions, ObjectRef, ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Note } from './events.ts'

/** What is told of a write once it is known how it went. */
export interface Announcement {
  /** `made` is what the API answered: of a create it has the name. */
  readonly done?: (made: KubeObject) => Note
  readonly failed?: (why: string) => Note
}

/** What a controller wants done, as data. */
export type Write = { readonly announce?: Announcement } & Change

type Change =
  | { readonly verb: 'create'; readonly ref: ResourceRef; readonly object: KubeObject }
  | { readonly verb: 'update'; readonly ref: ObjectRef; readonly object: KubeObject; readonly subresource?: string }
  | { readonly verb: 'patch'; readonly ref: ObjectRef; readonly patch: unknown; readonly subresource?: string }
  | {
      readonly verb: 'apply'
      readonly ref: ObjectRef
      readonly object: KubeObject
      readonly manager: string
      readonly subresource?: string
    }
  | { readonly verb: 'bind'; readonly ref: ObjectRef; readonly object: KubeObject }
  | { readonly verb: 'delete'; readonly ref: ObjectRef; readonly options?: DeleteOptions }

/** A decision: what to write now, and when to look again though nothing changed. */
export interface Outcome {
  readonly writes: readonly Write[]
  readonly againMs?: number
  /** Told after the writes. */
  readonly notes?: readonly Note[]
}

/** The decision to do nothing. */
export const nothing: Outcome = { writes: [] }

/** Addresses an object of a resource by its own name and namespace. */
export function refTo(resource: ResourceRef, object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata
  return {
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    name: name ?? '',
    ...(namespace === undefined ? {} : { namespace }),
  }
}

/** A write of the status of an object. */
export function statusWrite(resource: ResourceRef, object: KubeObject, status: unknown): Write {
  return { verb: 'update', ref: refTo(resource, object), object: { ...object, status }, subresource: 'status' }
}
