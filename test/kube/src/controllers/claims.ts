import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller, World } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { selectedNode } from '../kubelet/volumes.ts'
import {
  annotations,
  bestMatch,
  isFor,
  mismatch,
  standInProvisioner,
  type Claim,
  type Volume,
} from './persistent-volumes.ts'
import { isFinished, isTerminating, note, warning } from './pods.ts'
import type { Pod } from './types.ts'

const protection = 'kubernetes.io/pvc-protection'

/** Binds claims to volumes, and lets a claim that nobody uses go. */
export const claimController: Controller = {
  name: 'claims',
  component: 'persistentvolume-controller',
  resource: resources.claims,
  watches: [
    { resource: resources.pods, wakes: ({ object }, world) => claimsUsedBy(object as Pod, world) },
    { resource: resources.storageClasses, wakes: (_, world) => world.of(resources.claims).list().map(keyOfObject) },
    { resource: resources.volumes, wakes: ({ object }, world) => claimsOfVolume(object as Volume, world) },
  ],
  reconcile(object, world) {
    const claim = object as Claim
    if (isTerminating(claim)) return release(claim, world.of(resources.pods).list(claim.metadata.namespace) as Pod[])
    const volumes = world.of(resources.volumes).list() as Volume[]
    const classes = world.of(resources.storageClasses).list()
    return claim.metadata.annotations?.[annotations.bindCompleted] === undefined
      ? bindClaim(claim, volumes, classes)
      : keepBound(claim, volumes)
  },
}

function claimsUsedBy(pod: Pod, world: World): string[] {
  const names = new Set((pod.spec.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName))
  if (names.size === 0) return []
  const claims = world.of(resources.claims).list(pod.metadata.namespace)
  return claims.filter(({ metadata }) => names.has(metadata.name)).map(keyOfObject)
}

/** The claim that has a volume, or all those that still look for one. */
function claimsOfVolume({ metadata, spec }: Volume, world: World): string[] {
  if (spec.claimRef) return [`${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`]
  const claims = world.of(resources.claims).list() as Claim[]
  return claims
    .filter((claim) =>
      claim.spec.volumeName === undefined
        ? claim.metadata.annotations?.[annotations.bindCompleted] === undefined
        : claim.spec.volumeName === metadata.name,
    )
    .map(keyOfObject)
}

function release(claim: Claim, pods: readonly Pod[]): Outcome {
  const used = pods.some(
    (pod) =>
      // One that is on no node yet will not be started with a claim that goes.
      (pod.spec.nodeName ?? '') !== '' &&
      !isFinished(pod) &&
      pod.spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata.name),
  )
  const rest = (claim.metadata.finalizers ?? []).filter((finalizer) => finalizer !== protection)
  if (used || rest.length === claim.metadata.finalizers?.length) return nothing
  const patch = { metadata: { finalizers: rest.length > 0 ? rest : null } }
  return { writes: [{ verb: 'patch', ref: refTo(resources.claims, claim), patch }] }
}

/** The decision on a claim that has no volume yet. */
export function bindClaim(claim: Claim, volumes: readonly Volume[], classes: readonly KubeObject[]): Outcome {
  const { volumeName } = claim.spec
  const wanted = volumeName === undefined ? undefined : volumes.find(({ metadata }) => metadata.name === volumeName)
  if (volumeName !== undefined && !wanted) return nothing
  if (wanted) {
    const why = wanted.spec.claimRef === undefined ? mismatch(wanted, claim) : undefined
    if (why !== undefined)
      return told(warning(claim, 'VolumeMismatch', `Cannot bind to requested volume "${volumeName}": ${why}`))
    if (wanted.spec.claimRef !== undefined && !isFor(wanted, claim))
      return told(warning(claim, 'FailedBinding', `volume "${volumeName}" already bound to a different claim.`))
    return bind(claim, wanted)
  }
  const className = claim.spec.storageClassName ?? ''
  const kind = classes.find(({ metadata }) => metadata.name === className)
  const late = kind?.['volumeBindingMode'] === 'WaitForFirstConsumer'
  const consumed = claim.metadata.annotations?.[selectedNode] !== undefined
  const match = late && !consumed ? volumes.find((volume) => isFor(volume, claim)) : bestMatch(claim, volumes)
  if (match) return bind(claim, match)
  if (late && !consumed) {
    const text = 'waiting for first consumer to be created before binding'
    return told(note(claim, 'WaitForFirstConsumer', text))
  }
  if (className !== '') return provision(claim, kind, className)
  // A class that became the default later is given to claims that wait for one.
  const byDefault = claim.spec.storageClassName === undefined ? defaultClass(classes) : undefined
  if (byDefault !== undefined) {
    const object = { ...claim, spec: { ...claim.spec, storageClassName: byDefault } }
    return { writes: [{ verb: 'update', ref: refTo(resources.claims, claim), object }] }
  }
  return told(
    note(claim, 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set'),
  )
}

function told(about: ReturnType<typeof note>): Outcome {
  return { writes: [], notes: [about] }
}

function defaultClass(classes: readonly KubeObject[]): string | undefined {
  const marked = classes.filter(({ metadata }) => metadata.annotations?.[annotations.isDefault] === 'true')
  const newest = marked.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1,
  )
  return newest[0]?.metadata.name
}

/** First the volume is told whose it is, then the claim which it has. */
function bind(claim: Claim, volume: Volume): Outcome {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = claim.metadata
  const writes: Write[] = []
  if (volume.spec.claimRef?.uid !== uid) {
    const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion }
    const mark = volume.spec.claimRef === undefined ? { [annotations.boundByController]: 'yes' } : {}
    const metadata = { ...volume.metadata, annotations: { ...volume.metadata.annotations, ...mark } }
    const object = { ...volume, metadata, spec: { ...volume.spec, claimRef } }
    writes.push({ verb: 'update', ref: refTo(resources.volumes, volume), object })
  }
  const mark = claim.spec.volumeName === undefined ? { [annotations.boundByController]: 'yes' } : {}
  const metadata = {
    ...claim.metadata,
    annotations: { ...claim.metadata.annotations, [annotations.bindCompleted]: 'yes', ...mark },
  }
  const object = { ...claim, metadata, spec: { ...claim.spec, volumeName: volume.metadata.name } }
  writes.push({ verb: 'update', ref: refTo(resources.claims, claim), object })
  return { writes, againMs: 0 }
}

function keepBound(claim: Claim, volumes: readonly Volume[]): Outcome {
  const volume = volumes.find(({ metadata }) => metadata.name === claim.spec.volumeName)
  if (!volume) {
    if (claim.status?.phase === 'Lost') return nothing
    const lost = warning(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
    return { writes: [statusWrite(resources.claims, claim, { ...claim.status, phase: 'Lost' })], notes: [lost] }
  }
  const { accessModes, capacity } = volume.spec
  const status = { ...claim.status, phase: 'Bound', accessModes, capacity: claim.status?.capacity ?? capacity }
  return isDeepStrictEqual(status, claim.status) ? nothing : { writes: [statusWrite(resources.claims, claim, status)] }
}

function provision(claim: Claim, kind: KubeObject | undefined, className: string): Outcome {
  if (!kind) return told(warning(claim, 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`))
  const provisioner = String(kind['provisioner'] as string)
  if (provisioner === 'kubernetes.io/no-provisioner') return nothing
  if (claim.metadata.annotations?.[annotations.provisioner] !== provisioner) {
    const marks = { [annotations.provisioner]: provisioner, [annotations.betaProvisioner]: provisioner }
    return {
      writes: [{ verb: 'patch', ref: refTo(resources.claims, claim), patch: { metadata: { annotations: marks } } }],
    }
  }
  if (provisioner !== standInProvisioner) {
    const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
    return told(note(claim, 'ExternalProvisioning', text))
  }
  const { namespace = '', name: claimName = '', uid = '', resourceVersion = '' } = claim.metadata
  const name = `pvc-${uid}`
  const object = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [annotations.provisionedBy]: provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes,
      storageClassName: className,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      persistentVolumeReclaimPolicy: kind['reclaimPolicy'] ?? 'Delete',
      claimRef: { kind: 'PersistentVolumeClaim', namespace, name: claimName, uid, apiVersion: 'v1', resourceVersion },
      hostPath: { path: `/var/lib/volumes/${namespace}/${claimName}`, type: 'DirectoryOrCreate' },
    },
  }
  const done = note(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)
  return { writes: [{ verb: 'create', ref: resources.volumes, object, announce: { done: () => done } }], againMs: 0 }
}
