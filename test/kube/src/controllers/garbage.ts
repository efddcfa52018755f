import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'
import type { ResourceRef } from '@flotilla/shared/apiserver/objects'
import { refTo, type Write } from '../machinery/writes.ts'

/** What is known of one owner that an object names. */
export type OwnerState = 'solid' | 'missing' | 'waiting'

export interface Dependent {
  readonly resource: ResourceRef
  readonly object: KubeObject
}

export interface GarbageView {
  readonly resource: ResourceRef
  readonly object: KubeObject
  /** One for each owner reference, in order. */
  readonly owners: readonly OwnerState[]
  readonly dependents: readonly Dependent[]
}

/** What the garbage collector does about one object: as an owner that goes, or as a dependent whose owners have gone. */
export function collect(view: GarbageView): Write[] {
  const { object } = view
  const finalizers = object.metadata.finalizers ?? []
  if (object.metadata.deletionTimestamp !== undefined) {
    if (finalizers.includes('orphan')) return orphan(view)
    if (finalizers.includes('foregroundDeletion')) return foreground(view)
    return []
  }
  const references = object.metadata.ownerReferences ?? []
  const keep = references.filter((_, index) => view.owners[index] === 'solid')
  if (keep.length === references.length) return []
  if (keep.length > 0) return [withOwners(view.resource, object, keep)]
  const holds = view.owners.includes('waiting') && view.dependents.length > 0
  const propagationPolicy =
    holds || finalizers.includes('foregroundDeletion')
      ? 'Foreground'
      : finalizers.includes('orphan')
        ? 'Orphan'
        : 'Background'
  const { uid = '' } = object.metadata
  return [{ verb: 'delete', ref: refTo(view.resource, object), options: { propagationPolicy, preconditions: { uid } } }]
}

function orphan({ resource, object, dependents }: GarbageView): Write[] {
  const released = dependents.map((dependent) => {
    const rest = (dependent.object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== object.metadata.uid)
    return withOwners(dependent.resource, dependent.object, rest)
  })
  return [...released, dropFinalizer(resource, object, 'orphan')]
}

/** The owner stays until every dependent that blocks it is gone; the dependents are woken on their own. */
function foreground({ resource, object, dependents }: GarbageView): Write[] {
  const blocking = dependents.some(({ object: { metadata } }) =>
    metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === object.metadata.uid && blockOwnerDeletion === true,
    ),
  )
  return blocking ? [] : [dropFinalizer(resource, object, 'foregroundDeletion')]
}

function withOwners(resource: ResourceRef, object: KubeObject, owners: readonly OwnerReference[]): Write {
  const { uid } = object.metadata
  return {
    verb: 'patch',
    ref: refTo(resource, object),
    patch: { metadata: { uid, ownerReferences: owners.length > 0 ? owners : null } },
  }
}

function dropFinalizer(resource: ResourceRef, object: KubeObject, finalizer: string): Write {
  const rest = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer)
  const { resourceVersion } = object.metadata
  return {
    verb: 'patch',
    ref: refTo(resource, object),
    patch: { metadata: { resourceVersion, finalizers: rest.length > 0 ? rest : null } },
  }
}
