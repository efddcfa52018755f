import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { claim, wakesOwner } from './owners.ts'
import { createPod, isAvailable, isFinished, isReady, isTerminating, note, warning } from './pods.ts'
import { recordTemplate, staleRevisions, type ControllerRevision } from './revisions.ts'
import type { LabelSelector } from './selectors.ts'
import { unlessZero, type Condition, type Pod, type PodTemplate } from './types.ts'

interface StatefulSet extends KubeObject {
  spec: {
    replicas: number
    serviceName?: string
    selector: LabelSelector
    template: PodTemplate
    podManagementPolicy?: string
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } }
    minReadySeconds?: number
    revisionHistoryLimit?: number
    ordinals?: { start: number }
    volumeClaimTemplates?: KubeObject[]
  }
  status?: StatefulSetStatus
}

interface StatefulSetStatus {
  observedGeneration?: number
  replicas: number
  readyReplicas?: number
  currentReplicas?: number
  updatedReplicas?: number
  currentRevision?: string
  updateRevision?: string
  collisionCount?: number
  availableReplicas: number
  conditions?: Condition[]
}

const revisionLabel = 'controller-revision-hash'

/** Keeps pods with names of their own, one after the other. */
export const statefulSetController: Controller = {
  name: 'statefulset',
  resource: resources.statefulSets,
  watches: [
    wakesOwner(resources.pods, resources.statefulSets, 'StatefulSet'),
    wakesOwner(resources.revisions, resources.statefulSets, 'StatefulSet'),
    { resource: resources.claims, wakes: () => [] },
  ],
  reconcile(object, world, now) {
    const set = object as StatefulSet
    const namespace = set.metadata.namespace ?? ''
    const candidates = world.of(resources.pods).list(namespace) as Pod[]
    const { owned, writes } = claim(set, set.spec.selector, resources.pods, candidates)
    const revisions = world.of(resources.revisions).ownedBy(set.metadata.uid) as ControllerRevision[]
    const claims = new Set(
      world
        .of(resources.claims)
        .list(namespace)
        .map(({ metadata }) => metadata.name ?? ''),
    )
    const outcome = reconcileStatefulSet(set, owned, revisions, claims, now)
    return { ...outcome, writes: [...writes, ...outcome.writes] }
  },
}

/** The decision on one StatefulSet, its pods and the revisions of its template. */
export function reconcileStatefulSet(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: readonly ControllerRevision[],
  claims: ReadonlySet<string>,
  now: number,
): Outcome {
  const history = recordTemplate(set, set.spec.template, revisions, 'controller.kubernetes.io/hash')
  if (!history.current) return { writes: history.writes, againMs: 0 }
  const update = history.current.metadata.name ?? ''
  const current = set.status?.currentRevision ?? update
  const status = statusOf(set, pods, current, update, now)
  const writes: Write[] = [...history.writes]
  if (!isDeepStrictEqual(status, set.status)) writes.push(statusWrite(resources.statefulSets, set, status))
  if (isTerminating(set)) return { writes }
  writes.push(...step(set, pods, revisions, { current, update }, claims, now))
  const inUse = new Set([current, update, ...pods.map((pod) => pod.metadata.labels?.[revisionLabel] ?? '')])
  writes.push(...staleRevisions(revisions, inUse, set.spec.revisionHistoryLimit ?? 10))
  return { writes }
}

function statusOf(
  set: StatefulSet,
  pods: readonly Pod[],
  current: string,
  update: string,
  now: number,
): StatefulSetStatus {
  const made = pods.filter((pod) => !isFinished(pod))
  const alive = made.filter((pod) => !isTerminating(pod))
  const of = (revision: string): number =>
    alive.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length
  const ready = made.filter(isReady).length
  const updated = of(update)
  // Once every pod is of the new revision, and ready, the new one is the current one.
  const done = updated === made.length && ready === made.length && updated === set.spec.replicas
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: made.length,
    ...unlessZero({ readyReplicas: ready, currentReplicas: done ? updated : of(current), updatedReplicas: updated }),
    currentRevision: done ? update : current,
    updateRevision: update,
    collisionCount: set.status?.collisionCount ?? 0,
    availableReplicas: made.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
  }
}

interface Revisions {
  readonly current: string
  readonly update: string
}

/** The next step: repair and grow from the lowest ordinal, then shrink from the highest, then update from the highest. */
function step(
  set: StatefulSet,
  pods: readonly Pod[],
  stored: readonly ControllerRevision[],
  revisions: Revisions,
  claims: ReadonlySet<string>,
  now: number,
): Write[] {
  const start = set.spec.ordinals?.start ?? 0
  const parallel = set.spec.podManagementPolicy === 'Parallel'
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]))
  const works = (pod: Pod): boolean => isAvailable(pod, set.spec.minReadySeconds ?? 0, now) && !isTerminating(pod)
  const writes: Write[] = []
  for (let ordinal = start; ordinal < start + set.spec.replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (!pod) writes.push(...createOrdinal(set, ordinal, templateFor(set, stored, revisions, ordinal), claims))
    else if (isFinished(pod) && !isTerminating(pod)) writes.push(remove(set, pod))
    if (!parallel && (!pod || !works(pod))) return writes
  }
  if (writes.length > 0) return writes
  const surplus = pods.filter((pod) => ordinalOf(pod) < start || ordinalOf(pod) >= start + set.spec.replicas)
  const shrinking = surplus.toSorted((a, b) => ordinalOf(b) - ordinalOf(a))
  if (!parallel && shrinking.some(isTerminating)) return []
  const going = shrinking.filter((pod) => !isTerminating(pod)).slice(0, parallel ? undefined : 1)
  if (going.length > 0) return going.map((pod) => remove(set, pod))
  if (set.spec.updateStrategy?.type === 'OnDelete') return []
  const partition = start + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
  for (let ordinal = start + set.spec.replicas - 1; ordinal >= partition; ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (!pod || isTerminating(pod)) return []
    if (pod.metadata.labels?.[revisionLabel] !== revisions.update) return [remove(set, pod)]
    if (!works(pod)) return []
  }
  return []
}

function remove(set: StatefulSet, pod: Pod): Write {
  const text = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`
  return {
    verb: 'delete',
    ref: refTo(resources.pods, pod),
    announce: { done: () => note(set, 'SuccessfulDelete', text) },
  }
}

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name ?? '')?.[1] ?? -1)
}

/** Below the partition pods keep the current revision's template. */
function templateFor(
  set: StatefulSet,
  stored: readonly ControllerRevision[],
  { current, update }: Revisions,
  ordinal: number,
): { template: PodTemplate; revision: string } {
  const partition = (set.spec.ordinals?.start ?? 0) + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
  const old = ordinal < partition ? stored.find(({ metadata }) => metadata.name === current) : undefined
  const data = old?.data as { spec: { template: PodTemplate & { $patch?: string } } } | undefined
  if (!data) return { template: set.spec.template, revision: update }
  const { $patch: _, ...template } = data.spec.template
  return { template, revision: current }
}

function createOrdinal(
  set: StatefulSet,
  ordinal: number,
  { template, revision }: { template: PodTemplate; revision: string },
  claims: ReadonlySet<string>,
): Write[] {
  const name = `${set.metadata.name}-${ordinal}`
  const namespace = set.metadata.namespace ?? ''
  const templates = set.spec.volumeClaimTemplates ?? []
  const claimName = (claim: KubeObject): string => `${claim.metadata.name}-${name}`
  const missing = templates.filter((claim) => !claims.has(claimName(claim)))
  const writes = missing.map((claim): Write => {
    const labels = { ...claim.metadata.labels, ...set.spec.selector.matchLabels }
    const object = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...claim.metadata, name: claimName(claim), namespace, labels },
      spec: claim['spec'],
    }
    const text = `Claim ${object.metadata.name ?? ''} Pod ${name} in StatefulSet ${set.metadata.name}`
    const announce = {
      done: () => note(set, 'SuccessfulCreate', `Create ${text} success`),
      failed: (why: string) => warning(set, 'FailedCreate', `Create ${text} failed error: ${why}`),
    }
    return { verb: 'create', ref: { ...resources.claims, namespace }, object, announce }
  })
  const own = new Set(templates.map((claim) => claim.metadata.name))
  const volumes = [
    ...(template.spec.volumes ?? []).filter((volume) => !own.has(volume.name)),
    ...templates.map((claim) => ({
      name: claim.metadata.name ?? '',
      persistentVolumeClaim: { claimName: claimName(claim) },
    })),
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
  const text = `Pod ${name} in StatefulSet ${set.metadata.name}`
  const announce = {
    done: () => note(set, 'SuccessfulCreate', `Create ${text} successful`),
    failed: (why: string) => warning(set, 'FailedCreate', `Create ${text} failed error: ${why}`),
  }
  return [...writes, { ...made, announce }]
}
