import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'

/** How a collector reads the objects it knows. */
export interface GarbageView {
  /** What is known of an owner: there, on its way out while it waits for its dependents, gone, or of a kind we do not see. */
  owner(reference: OwnerReference): 'solid' | 'waiting' | 'missing' | 'unseen'
  dependents(uid: string): readonly KubeObject[]
}

/** What is to be done about one object. */
export type GarbageAct =
  | { readonly act: 'delete'; readonly object: KubeObject }
  | { readonly act: 'owners'; readonly object: KubeObject; readonly owners: readonly OwnerReference[] }
  | { readonly act: 'finalizer'; readonly object: KubeObject; readonly finalizer: string }

/** Decides as Kubernetes does, for an object as an owner that goes or as a dependent whose owners have gone. */
export function collect(object: KubeObject, view: GarbageView): readonly GarbageAct[] {
  const { metadata } = object
  const finalizers = metadata.finalizers ?? []
  const uid = metadata.uid ?? ''
  if (metadata.deletionTimestamp !== undefined) {
    const dependents = view.dependents(uid)
    if (finalizers.includes('orphan')) {
      return [...dependents.map((each) => released(each, uid)), { act: 'finalizer', object, finalizer: 'orphan' }]
    }
    if (!finalizers.includes('foregroundDeletion')) return []
    return dependents.some((each) => blocks(each, uid))
      ? []
      : [{ act: 'finalizer', object, finalizer: 'foregroundDeletion' }]
  }
  const references = metadata.ownerReferences ?? []
  if (references.length === 0) return []
  const states = references.map((reference) => view.owner(reference))
  // An owner of a kind that is not served here may well live: then nothing is garbage.
  const keep = references.filter((_, index) => states[index] === 'solid' || states[index] === 'unseen')
  if (keep.length === references.length) return []
  return keep.length > 0 ? [{ act: 'owners', object, owners: keep }] : [{ act: 'delete', object }]
}

function released(object: KubeObject, owner: string): GarbageAct {
  return {
    act: 'owners',
    object,
    owners: (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner),
  }
}

function blocks(object: KubeObject, owner: string): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === owner && blockOwnerDeletion === true,
  )
}
