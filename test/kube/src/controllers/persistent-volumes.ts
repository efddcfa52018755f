import { nanoOf } from '@flotilla/shared/apiserver/validation/quantity'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import { orderedBy } from '@flotilla/shared/lang/order'

export interface Claim extends KubeObject {
  spec: {
    storageClassName?: string
    volumeName?: string
    accessModes?: string[]
    volumeMode?: string
    selector?: LabelSelector
    resources?: { requests?: Record<string, string> }
  }
  status?: { phase?: string; accessModes?: string[]; capacity?: Record<string, string>; [field: string]: unknown }
}

export interface Volume extends KubeObject {
  spec: {
    capacity?: Record<string, string>
    accessModes?: string[]
    storageClassName?: string
    volumeMode?: string
    persistentVolumeReclaimPolicy?: string
    claimRef?: ClaimReference
    [source: string]: unknown
  }
  status?: { phase?: string; lastPhaseTransitionTime?: string; [field: string]: unknown }
}

export interface ClaimReference {
  apiVersion?: string
  kind?: string
  namespace?: string
  name?: string
  uid?: string
  resourceVersion?: string
}

/** Volumes are provided only for classes of this provisioner. */
export const standInProvisioner = 'node.flotilla.dev/stand-in'

export const annotations = {
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  provisioner: 'volume.kubernetes.io/storage-provisioner',
  betaProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  isDefault: 'storageclass.kubernetes.io/is-default-class',
} as const

/** Whether a volume is, or is meant to be, a claim's. */
export function isFor(volume: Volume, claim: Claim): boolean {
  const { claimRef } = volume.spec
  if (claimRef?.name !== claim.metadata.name || claimRef?.namespace !== claim.metadata.namespace) return false
  return claimRef?.uid === undefined || claimRef.uid === '' || claimRef.uid === claim.metadata.uid
}

/** Why a volume would not do for a claim; undefined: it would. */
export function mismatch(volume: Volume, claim: Claim): string | undefined {
  const requested = claim.spec.resources?.requests?.['storage'] ?? '0'
  if (nanoOf(volume.spec.capacity?.['storage']) < nanoOf(requested)) return 'requested PV is too small'
  if ((volume.spec.storageClassName ?? '') !== (claim.spec.storageClassName ?? ''))
    return 'storageClassName does not match'
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode'
  const modes = volume.spec.accessModes ?? []
  if (!(claim.spec.accessModes ?? []).every((mode) => modes.includes(mode))) return 'incompatible accessMode'
  return undefined
}

/** The volume to bind to a claim: one made for it, else the smallest free one that does. */
export function bestMatch(claim: Claim, volumes: readonly Volume[]): Volume | undefined {
  const made = volumes.find((volume) => isFor(volume, claim))
  if (made) return made
  const { selector } = claim.spec
  const free = volumes.filter(
    (volume) =>
      volume.spec.claimRef === undefined &&
      volume.metadata.deletionTimestamp === undefined &&
      (volume.status?.phase ?? 'Available') === 'Available' &&
      (selector === undefined || selects(selector, volume.metadata.labels)) &&
      mismatch(volume, claim) === undefined,
  )
  const size = (volume: Volume): bigint => nanoOf(volume.spec.capacity?.['storage'])
  return free.toSorted(orderedBy(size))[0]
}
