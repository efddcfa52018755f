import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'
import type { ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { CacheEvent } from '../machinery/cache.ts'
import { keyOfObject } from '../machinery/cache.ts'
import type { Watched, World } from '../machinery/controller.ts'
import { refTo, type Write } from '../machinery/writes.ts'
import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'

/** The reference by which a controller owns what it makes. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The owner that controls an object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)
}

interface Claims<T> {
  readonly owned: T[]
  readonly writes: Write[]
}

/** Which candidates belong to an owner: its own that still match, and orphans that match, which it adopts; what no longer matches it lets go. */
export function claim<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector,
  resource: ResourceRef,
  candidates: readonly T[],
): Claims<T> {
  const owned: T[] = []
  const writes: Write[] = []
  const going = owner.metadata.deletionTimestamp !== undefined
  for (const candidate of candidates) {
    const holder = controllerOf(candidate)
    const matches = selects(selector, candidate.metadata.labels)
    if (holder) {
      if (holder.uid !== owner.metadata.uid) continue
      if (matches) owned.push(candidate)
      else if (!going) writes.push(release(resource, candidate, owner))
    } else if (matches && !going && candidate.metadata.deletionTimestamp === undefined) {
      owned.push(candidate)
      const ownerReferences = [...(candidate.metadata.ownerReferences ?? []), controllerReference(owner)]
      writes.push(patchOwners(resource, candidate, ownerReferences))
    }
  }
  return { owned, writes }
}

function release(resource: ResourceRef, candidate: KubeObject, owner: KubeObject): Write {
  const rest = (candidate.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
  return patchOwners(resource, candidate, rest.length > 0 ? rest : null)
}

function patchOwners(resource: ResourceRef, object: KubeObject, ownerReferences: OwnerReference[] | null): Write {
  const { uid } = object.metadata
  return { verb: 'patch', ref: refTo(resource, object), patch: { metadata: { uid, ownerReferences } } }
}

/** Wakes the controlling owner of a changed object, before and after the change, and where it has none whoever selects it. */
export function wakesOwner(
  resource: ResourceRef,
  owners: ResourceRef,
  ownerKind: string,
  selectorOf = (owner: KubeObject): LabelSelector | undefined =>
    (owner as { spec?: { selector?: LabelSelector } }).spec?.selector,
): Watched {
  return {
    resource,
    wakes(event: CacheEvent, world: World) {
      const keys = new Set<string>()
      for (const object of [event.object, event.previous]) {
        if (!object) continue
        const owner = controllerOf(object)
        if (owner) {
          if (owner.kind === ownerKind) keys.add(`${object.metadata.namespace ?? ''}/${owner.name}`)
          continue
        }
        for (const candidate of world.of(owners).list(object.metadata.namespace)) {
          const selector = selectorOf(candidate)
          if (selector && selects(selector, object.metadata.labels)) keys.add(keyOfObject(candidate))
        }
      }
      return [...keys]
    },
  }
}
