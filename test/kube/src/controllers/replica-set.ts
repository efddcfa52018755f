import { isDeepStrictEqual } from 'node:util'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { claim, wakesOwner } from './owners.ts'
import {
  availableInMs,
  createPod,
  deletionOrder,
  isActive,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
} from './pods.ts'
import { selects } from './selectors.ts'
import { unlessZero, type Pod, type ReplicaSet, type ReplicaSetStatus } from './types.ts'

/** Keeps as many pods of a template as a ReplicaSet says. */
export const replicaSetController: Controller = {
  name: 'replicaset',
  resource: resources.replicaSets,
  watches: [wakesOwner(resources.pods, resources.replicaSets, 'ReplicaSet')],
  reconcile(object, world, now) {
    const set = object as ReplicaSet
    const candidates = world.of(resources.pods).list(set.metadata.namespace) as Pod[]
    const { owned, writes } = claim(set, set.spec.selector, resources.pods, candidates)
    return reconcileReplicaSet(set, owned, writes, now)
  },
}

/** The decision on one ReplicaSet and its pods. */
export function reconcileReplicaSet(
  set: ReplicaSet,
  pods: readonly Pod[],
  claims: readonly Write[],
  now: number,
): Outcome {
  const active = pods.filter(isActive)
  const status = statusOf(set, pods, now)
  const writes = [...claims]
  if (!isDeepStrictEqual(status, set.status)) writes.push(statusWrite(resources.replicaSets, set, status))
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
    .map((pod) => ({ verb: 'delete', ref: refTo(resources.pods, pod) }))
}

function statusOf(set: ReplicaSet, pods: readonly Pod[], now: number): ReplicaSetStatus {
  const active = pods.filter(isActive)
  const labels = set.spec.template.metadata?.labels ?? {}
  const conditions = set.status?.conditions
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
