import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, statusWrite, type Write } from '../machinery/writes.ts'
import { fnv32a } from './template-hash.ts'
import { isFinished, isTerminating } from './pods.ts'
import type { Pod } from './types.ts'

const protection = 'kubernetes.io/pvc-protection'

interface Claim extends KubeObject {
  spec: {
    storageClassName?: string
    volumeName?: string
    accessModes?: string[]
    volumeMode?: string
    resources?: { requests?: Record<string, string> }
  }
  status?: { phase?: string }
}

/** Lets a claim that nobody uses go, and binds one whose class exists to a volume made for it. */
export const claimController: Controller = {
  name: 'claims',
  resource: resources.claims,
  watches: [
    {
      resource: resources.pods,
      wakes: ({ object }, world) => world.of(resources.claims).list(object.metadata.namespace).map(keyOfObject),
    },
    { resource: resources.storageClasses, wakes: (_, world) => world.of(resources.claims).list().map(keyOfObject) },
    { resource: resources.volumes, wakes: () => [] },
  ],
  reconcile(object, world) {
    const claim = object as Claim
    if (isTerminating(claim)) {
      const pods = world.of(resources.pods).list(claim.metadata.namespace) as Pod[]
      const used = pods.some(
        (pod) =>
          !isFinished(pod) &&
          pod.spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata.name),
      )
      const rest = (claim.metadata.finalizers ?? []).filter((finalizer) => finalizer !== protection)
      if (used || rest.length === claim.metadata.finalizers?.length) return { writes: [] }
      const patch = { metadata: { finalizers: rest.length > 0 ? rest : null } }
      return { writes: [{ verb: 'patch', ref: refTo(resources.claims, claim), patch }] }
    }
    const kind = world
      .of(resources.storageClasses)
      .list()
      .find(({ metadata }) => metadata.name === claim.spec.storageClassName)
    if (!kind || claim.status?.phase === 'Bound' || kind['provisioner'] !== standInProvisioner) return { writes: [] }
    return { writes: bind(claim, world.of(resources.volumes).get('', volumeName(claim))) }
  },
}

/** Volumes are provided only for classes of this provisioner. */
export const standInProvisioner = 'flotilla.dev/stand-in'

function volumeName(claim: Claim): string {
  return claim.spec.volumeName ?? `pvc-${claim.metadata.uid}`
}

function bind(claim: Claim, volume: KubeObject | undefined): Write[] {
  const { namespace = '', name = '', uid = '' } = claim.metadata
  const capacity = { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' }
  const { accessModes = [], storageClassName = '', volumeMode = 'Filesystem' } = claim.spec
  const made = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName(claim), annotations: { 'pv.kubernetes.io/provisioned-by': standInProvisioner } },
    spec: {
      capacity,
      accessModes,
      storageClassName,
      volumeMode,
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      hostPath: { path: `/var/lib/volumes/${namespace}/${name}` },
    },
  }
  if (!volume) return [{ verb: 'create', ref: resources.volumes, object: made }]
  if (claim.spec.volumeName === undefined) {
    const object = { ...claim, spec: { ...claim.spec, volumeName: volumeName(claim) } }
    return [{ verb: 'update', ref: refTo(resources.claims, claim), object }]
  }
  return [statusWrite(resources.claims, claim, { ...claim.status, phase: 'Bound', accessModes, capacity })]
}

/** Gives Services of type LoadBalancer an address. */
export const loadBalancerController: Controller = {
  name: 'load-balancers',
  resource: resources.services,
  watches: [],
  reconcile(service) {
    const spec = service['spec'] as { type?: string } | undefined
    const status = (service['status'] ?? {}) as { loadBalancer?: { ingress?: unknown[] } }
    if (spec?.type !== 'LoadBalancer' || status.loadBalancer?.ingress || isTerminating(service)) return { writes: [] }
    const loadBalancer = { ingress: [{ ip: addressOf(service), ipMode: 'VIP' }] }
    return { writes: [statusWrite(resources.services, service, { ...status, loadBalancer })] }
  },
}

/** Gives Ingresses an address. */
export const ingressController: Controller = {
  name: 'ingresses',
  resource: resources.ingresses,
  watches: [],
  reconcile(ingress) {
    const status = (ingress['status'] ?? {}) as { loadBalancer?: { ingress?: unknown[] } }
    if (status.loadBalancer?.ingress || isTerminating(ingress)) return { writes: [] }
    return {
      writes: [statusWrite(resources.ingresses, ingress, { loadBalancer: { ingress: [{ ip: addressOf(ingress) }] } })],
    }
  },
}

function addressOf(object: KubeObject): string {
  const bits = fnv32a(object.metadata.uid ?? '')
  return `172.18.${(bits >>> 8) & 255}.${1 + (bits % 254)}`
}

/** Counts that a ResourceQuota keeps track of by the number of objects alone. */
const counted: Record<string, (typeof resources)[keyof typeof resources]> = {
  pods: resources.pods,
  services: resources.services,
  secrets: resources.secrets,
  configmaps: resources.configMaps,
  persistentvolumeclaims: resources.claims,
  resourcequotas: resources.quotas,
  'deployments.apps': resources.deployments,
  'replicasets.apps': resources.replicaSets,
  'statefulsets.apps': resources.statefulSets,
  'daemonsets.apps': resources.daemonSets,
  'jobs.batch': resources.jobs,
  'cronjobs.batch': resources.cronJobs,
}

/** Keeps the used counts of ResourceQuotas; amounts of CPU and memory are not added up. */
export const quotaController: Controller = {
  name: 'quotas',
  resource: resources.quotas,
  watches: Object.values(counted).map((resource) => ({
    resource,
    wakes: ({ type, object, previous }, world) =>
      type === 'deleted' || !previous
        ? world.of(resources.quotas).list(object.metadata.namespace).map(keyOfObject)
        : [],
  })),
  reconcile(quota, world) {
    const { hard = {} } = (quota['spec'] ?? {}) as { hard?: Record<string, string> }
    const held = (quota['status'] ?? {}) as { used?: Record<string, string> }
    const used = Object.entries(hard).flatMap(([key]) => {
      const resource = counted[key.replace(/^count\//, '')]
      if (!resource) return held.used?.[key] === undefined ? [] : [[key, held.used[key]]]
      const objects = world.of(resource).list(quota.metadata.namespace)
      const count = key === 'pods' ? (objects as Pod[]).filter((pod) => !isFinished(pod)).length : objects.length
      return [[key, String(count)]]
    })
    const status = { hard, used: Object.fromEntries(used) as Record<string, string> }
    return { writes: isDeepStrictEqual(status, quota['status']) ? [] : [statusWrite(resources.quotas, quota, status)] }
  },
}
