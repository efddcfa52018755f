import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { annotations, isFor, standInProvisioner, type Claim, type Volume } from './persistent-volumes.ts'
import { isTerminating, warning } from './pods.ts'

const protection = 'kubernetes.io/pv-protection'

/** Keeps the phase of volumes, and removes those that were made for a claim that is gone. */
export const volumeController: Controller = {
  name: 'volumes',
  component: 'persistentvolume-controller',
  resource: resources.volumes,
  watches: [
    {
      resource: resources.claims,
      wakes: ({ object }, world) =>
        (world.of(resources.volumes).list() as Volume[])
          .filter(({ spec }) => spec.claimRef?.name === object.metadata.name)
          .map(keyOfObject),
    },
  ],
  reconcile(object, world) {
    const volume = object as Volume
    const { namespace = '', name = '' } = volume.spec.claimRef ?? {}
    const claim = world.of(resources.claims).get(namespace, name) as Claim | undefined
    return reconcileVolume(volume, claim)
  },
}

/** The decision on one volume and the claim that it names. */
export function reconcileVolume(volume: Volume, claim: Claim | undefined): Outcome {
  const phase = phaseOf(volume, claim)
  const writes: Write[] = []
  if (phase !== volume.status?.phase) {
    const { message: _, ...rest } = volume.status ?? {}
    writes.push(statusWrite(resources.volumes, volume, { ...rest, phase }))
  }
  const used = phase === 'Bound'
  if (isTerminating(volume)) {
    const rest = (volume.metadata.finalizers ?? []).filter((finalizer) => finalizer !== protection)
    if (used || rest.length === volume.metadata.finalizers?.length) return writes.length > 0 ? { writes } : nothing
    const patch = { metadata: { finalizers: rest.length > 0 ? rest : null } }
    return { writes: [{ verb: 'patch', ref: refTo(resources.volumes, volume), patch }] }
  }
  const released = phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete'
  const why = released ? cannotDelete(volume) : undefined
  if (why !== undefined) {
    const failed = { ...volume.status, phase: 'Failed', message: why }
    const about = warning(volume, 'VolumeFailedDelete', why)
    return { writes: [statusWrite(resources.volumes, volume, failed)], notes: [about] }
  }
  const ours = volume.metadata.annotations?.[annotations.provisionedBy] === standInProvisioner
  const scratch = volume.spec['hostPath'] !== undefined
  if (released && (ours || scratch)) writes.push({ verb: 'delete', ref: refTo(resources.volumes, volume) })
  return writes.length > 0 ? { writes } : nothing
}

/** Paths on a node are removed below /tmp alone. */
function cannotDelete(volume: Volume): string | undefined {
  if (volume.metadata.annotations?.[annotations.provisionedBy] === standInProvisioner) return undefined
  const { path } = (volume.spec['hostPath'] ?? {}) as { path?: string }
  return path === undefined || /^\/tmp\/.+/.test(path)
    ? undefined
    : `host_path deleter only supports /tmp/.+ but received provided ${path}`
}

function phaseOf(volume: Volume, claim: Claim | undefined): string {
  const { claimRef } = volume.spec
  if (!claimRef || (claimRef.uid ?? '') === '') return 'Available'
  if (!claim || !isFor(volume, claim)) return volume.status?.phase === 'Failed' ? 'Failed' : 'Released'
  return claim.spec.volumeName === volume.metadata.name
    ? 'Bound'
    : (volume.status?.phase ?? 'Pending') === 'Bound'
      ? 'Released'
      : 'Available'
}
