import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'
import { resources } from '../machinery/resources.ts'
import { refTo, type Write } from '../machinery/writes.ts'
import { controllerReference } from './owners.ts'
import { createPod, note, warning } from './pods.ts'
import type { StatefulSet } from './stateful-set.ts'
import type { Pod, PodTemplate } from './types.ts'

export const revisionLabel = 'controller-revision-hash'

/** The number at the end of a pod's name; -1 where there is none. */
export function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name ?? '')?.[1] ?? -1)
}

function claimName(set: StatefulSet, claim: KubeObject, ordinal: number): string {
  return `${claim.metadata.name}-${set.metadata.name}-${ordinal}`
}

/** Creates the pod of an ordinal, and before it the claims that it lacks. */
export function createOrdinal(
  set: StatefulSet,
  ordinal: number,
  { template, revision }: { readonly template: PodTemplate; readonly revision: string },
  claims: ReadonlyMap<string, KubeObject>,
): Write[] {
  const name = `${set.metadata.name}-${ordinal}`
  const templates = set.spec.volumeClaimTemplates ?? []
  const own = new Set(templates.map((claim) => claim.metadata.name))
  const volumes = [
    ...templates.map((claim) => ({
      name: claim.metadata.name ?? '',
      persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) },
    })),
    ...(template.spec.volumes ?? []).filter((volume) => !own.has(volume.name)),
  ]
  const { serviceName } = set.spec
  const spec = {
    ...template.spec,
    hostname: name,
    ...(serviceName === undefined || serviceName === '' ? {} : { subdomain: serviceName }),
    ...(volumes.length > 0 ? { volumes } : {}),
  }
  const labels = {
    ...template.metadata?.labels,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: revision,
    'statefulset.kubernetes.io/pod-name': name,
  }
  const made = createPod(set, { ...template, spec }, { name, generateName: `${set.metadata.name}-`, labels })
  const text = `Create Pod ${name} in StatefulSet ${set.metadata.name}`
  const announce = {
    done: () => note(set, 'SuccessfulCreate', `${text} successful`),
    failed: (why: string) => warning(set, 'FailedCreate', `${text} failed error: ${why}`),
  }
  return [...missingClaims(set, ordinal, claims), { ...made, announce }]
}

/** The claims of an ordinal that are not there. */
export function missingClaims(set: StatefulSet, ordinal: number, claims: ReadonlyMap<string, KubeObject>): Write[] {
  const { name: setName, namespace = '' } = set.metadata
  const templates = set.spec.volumeClaimTemplates ?? []
  return templates
    .filter((claim) => !claims.has(claimName(set, claim, ordinal)))
    .map((claim): Write => {
      const name = claimName(set, claim, ordinal)
      const labels = { ...claim.metadata.labels, ...set.spec.selector.matchLabels }
      const whenDeleted = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted
      const object = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          ...claim.metadata,
          name,
          namespace,
          labels,
          ...(whenDeleted === 'Delete' ? { ownerReferences: [controllerReference(set)] } : {}),
        },
        spec: claim['spec'],
      }
      const text = `Claim ${name} Pod ${setName}-${ordinal} in StatefulSet ${setName}`
      const announce = {
        done: () => note(set, 'SuccessfulCreate', `Create ${text} success`),
        failed: (why: string) => warning(set, 'FailedCreate', `Create ${text} failed error: ${why}`),
      }
      return { verb: 'create', ref: { ...resources.claims, namespace }, object, announce }
    })
}

/** Claims are owned by what shall take them along: by the set, or by a pod that goes because the set shrinks. */
export function retention(set: StatefulSet, pod: Pod, claims: ReadonlyMap<string, KubeObject>): Write[] {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {}
  const start = set.spec.ordinals?.start ?? 0
  const ordinal = ordinalOf(pod)
  const scaledDown = ordinal < start || ordinal >= start + set.spec.replicas
  const owner =
    scaledDown && whenScaled === 'Delete'
      ? controllerReference(pod)
      : whenDeleted === 'Delete'
        ? controllerReference(set)
        : undefined
  const text = `Update Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`
  const patches = (set.spec.volumeClaimTemplates ?? []).flatMap((template): Write[] => {
    const claim = claims.get(claimName(set, template, ordinal))
    if (!claim || claim.metadata.deletionTimestamp !== undefined) return []
    const held = claim.metadata.ownerReferences ?? []
    const others = held.filter((reference) => !isOurs(reference, set, pod))
    if (others.some(({ controller }) => controller === true)) return []
    const wanted = owner ? [...others, owner] : others
    const uids = (list: readonly OwnerReference[]): string => list.map(({ uid }) => uid).join()
    if (uids(wanted) === uids(held)) return []
    const patch = { metadata: { uid: claim.metadata.uid, ownerReferences: wanted.length > 0 ? wanted : null } }
    return [{ verb: 'patch', ref: refTo(resources.claims, claim), patch }]
  })
  // It is told once, of the pod.
  return patches.map((patch, index) =>
    index === 0 ? { ...patch, announce: { done: () => note(set, 'SuccessfulUpdate', text) } } : patch,
  )
}

function isOurs({ kind, name }: OwnerReference, set: StatefulSet, pod: Pod): boolean {
  return (kind === 'StatefulSet' && name === set.metadata.name) || (kind === 'Pod' && name === pod.metadata.name)
}

/** Deletes a pod, and tells of it on the set. */
export function deleteOrdinal(set: StatefulSet, pod: Pod): Write {
  const text = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`
  const announce = { done: () => note(set, 'SuccessfulDelete', text) }
  return { verb: 'delete', ref: refTo(resources.pods, pod), announce }
}
