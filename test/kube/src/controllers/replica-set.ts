import { jsonEqual } from '@flotilla/shared/lang/json'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Controller, Failure } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { timestamp } from './conditions.ts'
import { claim, wakesOwner } from './owners.ts'
import {
  availableInMs,
  createPod,
  deletePod,
  deletionOrder,
  isActive,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
} from './pods.ts'
import { selects } from '@flotilla/shared/k8s/label-selector'
import {
  unlessZero,
  type Condition,
  type Pod,
  type PodTemplate,
  type ReplicaSet,
  type ReplicaSetStatus,
} from './types.ts'

/** Keeps as many pods of a template as a ReplicaSet says. */
export const replicaSetController: Controller = {
  name: 'replicaset',
  resource: resources.replicaSets,
  watches: [wakesOwner(resources.pods, resources.replicaSets, 'ReplicaSet')],
  reconcile(object, world, now, failure) {
    const set = object as ReplicaSet
    const candidates = world.of(resources.pods).list(set.metadata.namespace) as Pod[]
    const { owned, writes } = claim(set, set.spec.selector, resources.pods, candidates)
    return reconcileReplicaSet(set, owned, writes, now, failure)
  },
}

interface ReplicationController extends KubeObject {
  spec: { replicas: number; selector: Record<string, string>; template: PodTemplate; minReadySeconds?: number }
}

/** The ReplicaSet's predecessor: the same, but for the form of its selector and a count of its status. */
export const replicationController: Controller = {
  name: 'replication',
  component: 'replication-controller',
  resource: resources.replicationControllers,
  watches: [
    wakesOwner(resources.pods, resources.replicationControllers, 'ReplicationController', (owner) => ({
      matchLabels: (owner as ReplicationController).spec.selector,
    })),
  ],
  reconcile(object, world, now, failure) {
    const { spec } = object as ReplicationController
    const set = { ...object, spec: { ...spec, selector: { matchLabels: spec.selector } } } as ReplicaSet
    const candidates = world.of(resources.pods).list(set.metadata.namespace) as Pod[]
    const { owned, writes } = claim(set, set.spec.selector, resources.pods, candidates)
    return reconcileReplicaSet(set, owned, writes, now, failure, (status) => {
      const { terminatingReplicas: _, ...counts } = status
      return jsonEqual(counts, set.status) ? undefined : statusWrite(resources.replicationControllers, object, counts)
    })
  },
}

/** The decision on one ReplicaSet and its pods. */
export function reconcileReplicaSet(
  set: ReplicaSet,
  pods: readonly Pod[],
  claims: readonly Write[],
  now: number,
  failure?: Failure,
  write = (status: ReplicaSetStatus): Write | undefined =>
    jsonEqual(status, set.status) ? undefined : statusWrite(resources.replicaSets, set, status),
): Outcome {
  const active = pods.filter(isActive)
  const status = statusOf(set, pods, now, failure)
  const writes = [...claims]
  const changed = write(status)
  if (changed) writes.push(changed)
  if (!isTerminating(set)) writes.push(...scale(set, active))
  const waiting = active.filter(isReady).map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now))
  const next = Math.min(...waiting.filter((ms) => ms > 0))
  if (writes.length === 0 && !Number.isFinite(next)) return nothing
  return Number.isFinite(next) ? { writes, againMs: next } : { writes }
}

function scale(set: ReplicaSet, active: readonly Pod[]): Write[] {
  const surplus = active.length - set.spec.replicas
  if (surplus < 0) return Array.from({ length: -surplus }, () => createPod(set, set.spec.template))
  return deletionOrder(active)
    .slice(0, surplus)
    .map((pod) => deletePod(set, pod))
}

function statusOf(set: ReplicaSet, pods: readonly Pod[], now: number, failure: Failure | undefined): ReplicaSetStatus {
  const active = pods.filter(isActive)
  const labels = set.spec.template.metadata?.labels ?? {}
  const conditions = failureConditions(set, active.length, now, failure)
  return {
    replicas: active.length,
    ...unlessZero({
      fullyLabeledReplicas: active.filter((pod) => selects({ matchLabels: labels }, pod.metadata.labels)).length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: active.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    }),
    terminatingReplicas: pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions ? { conditions } : {}),
  }
}

/** `ReplicaFailure` stands while pods are missing that could not be made, or are left that could not be removed. */
function failureConditions(
  set: ReplicaSet,
  active: number,
  now: number,
  failure: Failure | undefined,
): Condition[] | undefined {
  const held = set.status?.conditions ?? []
  const settled = active === set.spec.replicas
  const rest = settled ? held.filter(({ type }) => type !== 'ReplicaFailure') : held
  if (settled || !failure || (failure.verb !== 'create' && failure.verb !== 'delete'))
    return rest.length > 0 ? [...rest] : undefined
  if (rest.some(({ type }) => type === 'ReplicaFailure')) return [...rest]
  const reason = failure.verb === 'create' ? 'FailedCreate' : 'FailedDelete'
  const lastTransitionTime = timestamp(now)
  return [...rest, { type: 'ReplicaFailure', status: 'True', lastTransitionTime, reason, message: failure.message }]
}
