import { findCondition, timestamp, withCondition, without } from './conditions.ts'
import { fences, total } from './rollout.ts'
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from './types.ts'
import { unlessZero } from './types.ts'

/** The condition `Progressing` or `Available` as of now. */
export function condition(type: string, status: string, reason: string, message: string, now: number): Condition {
  const time = timestamp(now)
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message }
}

/** Counts and availability, from what the ReplicaSets report. */
export function countStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = total(sets, (set) => set.status?.availableReplicas)
  const wanted = total(sets, (set) => set.spec.replicas)
  const enough = available >= deployment.spec.replicas - fences(deployment).unavailable
  const conditions = withCondition(
    deployment.status?.conditions ?? [],
    enough
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
      : condition(
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
          now,
        ),
  )
  const collisions = deployment.status?.collisionCount
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...unlessZero({
      replicas: total(sets, (set) => set.status?.replicas),
      updatedReplicas: current?.status?.replicas ?? 0,
      readyReplicas: total(sets, (set) => set.status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted - available),
    }),
    terminatingReplicas: total(sets, (set) => set.status?.terminatingReplicas),
    conditions,
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
  }
}

/** Whether all replicas are of the new template, and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const { replicas } = deployment.spec
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

/** The status with the condition `Progressing` brought up to date: complete, progressing, or out of time. */
export function progress(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = countStatus(deployment, sets, current, now)
  const conditions = status.conditions ?? []
  const held = findCondition(conditions, 'Progressing')
  const done = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && held?.reason === 'NewReplicaSetAvailable'
  if (deployment.spec.progressDeadlineSeconds === undefined || done) return withFailures(status, sets, current)
  const what = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, status)) {
    status.conditions = withCondition(
      conditions,
      condition('Progressing', 'True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`, now),
    )
  } else if (hasMoved(deployment.status ?? {}, status)) {
    const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`, now)
    if (held?.status === 'True' && held.lastTransitionTime !== undefined)
      next.lastTransitionTime = held.lastTransitionTime
    status.conditions = [...without(conditions, 'Progressing'), next]
  } else if (deadlineInMs(deployment, status, now) <= 0) {
    status.conditions = withCondition(
      conditions,
      condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`, now),
    )
  }
  return withFailures(status, sets, current)
}

function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

/** How long a rollout may yet stand still; infinite where it has ended, or nobody counts. */
export function deadlineInMs(deployment: Deployment, status: DeploymentStatus, now: number): number {
  const held = findCondition(status.conditions, 'Progressing')
  const seconds = deployment.spec.progressDeadlineSeconds
  if (!held || seconds === undefined || held.reason === 'NewReplicaSetAvailable' || deployment.spec.paused === true)
    return Infinity
  if (held.reason === 'ProgressDeadlineExceeded') return 0
  return Date.parse(held.lastUpdateTime ?? '') + seconds * 1000 - now
}

function withFailures(
  status: DeploymentStatus,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
): DeploymentStatus {
  const of = (set: ReplicaSet | undefined): Condition | undefined =>
    findCondition(set?.status?.conditions, 'ReplicaFailure')
  const failure = of(current) ?? sets.map(of).find((found) => found !== undefined)
  const conditions = status.conditions ?? []
  if (failure) {
    const { lastTransitionTime = '' } = failure
    return { ...status, conditions: withCondition(conditions, { ...failure, lastUpdateTime: lastTransitionTime }) }
  }
  return findCondition(conditions, 'ReplicaFailure')
    ? { ...status, conditions: without(conditions, 'ReplicaFailure') }
    : status
}
