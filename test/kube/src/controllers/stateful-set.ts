import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { claim, wakesOwner } from './owners.ts'
import { availableInMs, isAvailable, isFinished, isReady, isTerminating } from './pods.ts'
import { recordTemplate, staleRevisions, type ControllerRevision } from './revisions.ts'
import type { LabelSelector } from '@flotilla/shared/k8s/label-selector'
import { createOrdinal, deleteOrdinal, missingClaims, ordinalOf, retention, revisionLabel } from './stateful-pods.ts'
import { unlessZero, type Condition, type Pod, type PodTemplate } from './types.ts'

export interface StatefulSet extends KubeObject {
  spec: {
    replicas: number
    serviceName?: string
    selector: LabelSelector
    template: PodTemplate
    podManagementPolicy?: string
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } }
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string }
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

/** Keeps pods with names of their own, one after the other. */
export const statefulSetController: Controller = {
  name: 'statefulset',
  resource: resources.statefulSets,
  watches: [
    wakesOwner(resources.pods, resources.statefulSets, 'StatefulSet'),
    wakesOwner(resources.revisions, resources.statefulSets, 'StatefulSet'),
    {
      // A claim that went while its pod waits for it is made again.
      resource: resources.claims,
      wakes: ({ type, object }, world) =>
        type === 'deleted' ? world.of(resources.statefulSets).list(object.metadata.namespace).map(keyOfObject) : [],
    },
  ],
  reconcile(object, world, now) {
    const set = object as StatefulSet
    const namespace = set.metadata.namespace ?? ''
    const candidates = world.of(resources.pods).list(namespace) as Pod[]
    const { owned, writes } = claim(set, set.spec.selector, resources.pods, candidates)
    const stored = world.of(resources.revisions).list(namespace) as ControllerRevision[]
    const history = claim(set, set.spec.selector, resources.revisions, stored)
    const claims = new Map(
      world
        .of(resources.claims)
        .list(namespace)
        .map((claim) => [claim.metadata.name ?? '', claim]),
    )
    const outcome = reconcileStatefulSet(set, owned, history.owned, claims, now)
    return { ...outcome, writes: [...writes, ...history.writes, ...outcome.writes] }
  },
}

/** The decision on one StatefulSet, its pods and the revisions of its template. */
export function reconcileStatefulSet(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: readonly ControllerRevision[],
  claims: ReadonlyMap<string, KubeObject>,
  now: number,
): Outcome {
  const history = recordTemplate(set, set.spec.template, revisions, 'controller.kubernetes.io/hash')
  // One that goes writes no more history, which the garbage collector would take away again.
  if (!history.current) return isTerminating(set) ? nothing : { writes: history.writes, againMs: 0 }
  const update = history.current.metadata.name ?? ''
  const current = set.status?.currentRevision ?? update
  const status = statusOf(set, pods, current, update, now)
  const writes: Write[] = [...history.writes]
  if (!isDeepStrictEqual(status, set.status)) writes.push(statusWrite(resources.statefulSets, set, status))
  if (isTerminating(set)) return { writes }
  writes.push(...step(set, pods, revisions, { current, update }, claims, now))
  const inUse = new Set([current, update, ...pods.map((pod) => pod.metadata.labels?.[revisionLabel] ?? '')])
  writes.push(...staleRevisions(revisions, inUse, set.spec.revisionHistoryLimit ?? 10))
  const waits = pods.filter(isReady).map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now))
  const next = Math.min(...waits.filter((ms) => ms > 0))
  return Number.isFinite(next) ? { writes, againMs: next } : { writes }
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
  const done =
    set.spec.updateStrategy?.type !== 'OnDelete' &&
    updated === set.spec.replicas &&
    ready === set.spec.replicas &&
    made.length === set.spec.replicas
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
  claims: ReadonlyMap<string, KubeObject>,
  now: number,
): Write[] {
  const start = set.spec.ordinals?.start ?? 0
  const end = start + set.spec.replicas
  const oneByOne = set.spec.podManagementPolicy !== 'Parallel'
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]))
  const works = (pod: Pod): boolean => isAvailable(pod, set.spec.minReadySeconds ?? 0, now) && !isTerminating(pod)
  const writes: Write[] = []
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (!pod) writes.push(...createOrdinal(set, ordinal, templateFor(set, stored, revisions, ordinal), claims))
    else if (isFinished(pod)) {
      if (!isTerminating(pod)) writes.push(deleteOrdinal(set, pod))
    } else {
      if (pod.status?.phase === 'Pending') writes.push(...missingClaims(set, ordinal, claims))
      writes.push(...retention(set, pod, claims))
    }
    if (oneByOne && (!pod || !works(pod))) return writes
  }
  if (writes.length > 0) return writes
  const surplus = pods.filter((pod) => ordinalOf(pod) >= 0 && (ordinalOf(pod) < start || ordinalOf(pod) >= end))
  const shrinking = surplus.toSorted((a, b) => ordinalOf(b) - ordinalOf(a))
  const released = shrinking.flatMap((pod) => retention(set, pod, claims))
  if (released.length > 0) return released
  if (oneByOne && shrinking.some(isTerminating)) return []
  const going = shrinking.filter((pod) => !isTerminating(pod))
  if (going.length > 0) return mayGo(going, works, oneByOne).map((pod) => deleteOrdinal(set, pod))
  if (set.spec.updateStrategy?.type === 'OnDelete') return []
  const partition = start + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
  for (let ordinal = end - 1; ordinal >= partition; ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (!pod || isTerminating(pod)) return []
    if (pod.metadata.labels?.[revisionLabel] !== revisions.update) return [deleteOrdinal(set, pod)]
    if (!works(pod)) return []
  }
  return []
}

/** One by one, a pod goes only while those that stay longer work, unless it is the first that does not. */
function mayGo(going: readonly Pod[], works: (pod: Pod) => boolean, oneByOne: boolean): readonly Pod[] {
  if (!oneByOne) return going
  const [highest] = going
  const firstBroken = going.findLast((pod) => !works(pod))
  return highest && (works(highest) || highest === firstBroken) ? [highest] : []
}

/** Below the partition pods keep the current revision's template. */
function templateFor(
  set: StatefulSet,
  stored: readonly ControllerRevision[],
  { current, update }: Revisions,
  ordinal: number,
): { template: PodTemplate; revision: string } {
  const start = set.spec.ordinals?.start ?? 0
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {}
  const kept = rollingUpdate
    ? (rollingUpdate.partition ?? 0)
    : type === 'RollingUpdate'
      ? (set.status?.currentReplicas ?? 0)
      : 0
  const old = ordinal < start + kept ? stored.find(({ metadata }) => metadata.name === current) : undefined
  const data = old?.data as { spec: { template: PodTemplate & { $patch?: string } } } | undefined
  if (!data) return { template: set.spec.template, revision: update }
  const { $patch: _, ...template } = data.spec.template
  return { template, revision: current }
}
