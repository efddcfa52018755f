import { isDeepStrictEqual } from 'node:util'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { findCondition, timestamp } from './conditions.ts'
import { settleConditions, type Job, type JobStatus } from './job-conditions.ts'
import { formatIndexes, missingIndexes, parseIndexes } from './job-indexes.ts'
import { claim, controllerOf, wakesOwner } from './owners.ts'
import {
  awaitingReplacement,
  countsPerIndex,
  failedIndexes,
  indexKey,
  indexOf,
  inheritedCounts,
  restMs,
} from './job-per-index.ts'
import { backOffMs, endOf, noteEnds, type PodEnds } from './job-back-off.ts'
import { isFailed, judgeFailure, replacesOnlyFailed } from './job-policy.ts'
import { createPod, deletePod, deletionOrder, isActive, isFinished, isReady, isTerminating } from './pods.ts'
import { unlessZero, type Container, type Pod, type PodTemplate } from './types.ts'

/** Holds a pod until its end has been counted. */
const tracking = 'batch.kubernetes.io/job-tracking'

/** Jobs that are somebody else's to run say whose. */
const ownName = 'kubernetes.io/job-controller'

/** Runs pods to their end, as often as a Job says. Of pods that are gone it remembers when they ended: new ones wait for that. */
export function jobController(): Controller {
  const remembered = new Map<string, PodEnds>()
  return {
    name: 'job',
    resource: resources.jobs,
    watches: [wakesOwner(resources.pods, resources.jobs, 'Job')],
    reconcile(object, world, now) {
      const job = object as Job
      if ((job.spec.managedBy ?? ownName) !== ownName) return { writes: [] }
      const candidates = world.of(resources.pods).list(job.metadata.namespace) as Pod[]
      const { owned, writes } = claim(job, job.spec.selector ?? {}, resources.pods, candidates)
      const key = keyOfObject(job)
      const held = remembered.get(key)
      const ends: PodEnds = held && held.job === job.metadata.uid ? held : { job: job.metadata.uid, pods: new Map() }
      noteEnds(job, owned, ends)
      if (isDone(job.status ?? {})) remembered.delete(key)
      else remembered.set(key, ends)
      const outcome = reconcileJob(job, owned, ends, now)
      return { ...outcome, writes: [...writes, ...outcome.writes] }
    },
    gone(namespace, name) {
      remembered.delete(`${namespace}/${name}`)
      return { writes: [] }
    },
  }
}

/** Lets go of pods that were tracked for a Job that is no more. */
export const orphanedJobPods: Controller = {
  name: 'job-orphans',
  resource: resources.pods,
  watches: [
    {
      resource: resources.jobs,
      wakes: ({ type, object }, world) =>
        type === 'deleted'
          ? world
              .of(resources.pods)
              .list(object.metadata.namespace)
              .filter(isTracked)
              .map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`)
          : [],
    },
  ],
  reconcile(object, world) {
    const pod = object as Pod
    if (!isTracked(pod)) return { writes: [] }
    const owner = controllerOf(pod)
    const job = owner && world.of(resources.jobs).get(pod.metadata.namespace ?? '', owner.name)
    return { writes: job && job.metadata.uid === owner.uid ? [] : [untrack(pod)] }
  },
}

/** The decision on one Job and its pods. */
export function reconcileJob(job: Job, pods: readonly Pod[], ends: PodEnds, now: number): Outcome {
  const before = job.status ?? {}
  if (isDone(before) || isTerminating(job)) return finished(job, pods, now)
  const suspended = job.spec.suspend === true
  const active = pods.filter(isActive)
  const kept = keptPods(job, pods, active)
  const counted = count(job, pods, kept)
  const status: JobStatus = { ...before, ...counted, ...unlessZero({ active: active.length }) }
  if (active.length === 0) delete status.active
  status.ready = active.filter(isReady).length
  status.terminating = pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length
  if (!suspended) status.startTime ??= timestamp(now)
  const verdict = settleConditions(job, status, pods, now)
  const ended =
    findCondition(status.conditions, 'SuccessCriteriaMet') ?? findCondition(status.conditions, 'FailureTarget')
  const waiting = new Set(ended ? [] : kept.values())
  const steps = pods
    .filter((pod) => isTracked(pod) && !waiting.has(pod) && (isOver(job, pod) || (ended && isTerminating(pod))))
    .map(untrack)
  const changes = verdict.stop
    ? active.flatMap((pod) => (ended?.type === 'FailureTarget' ? [deletePod(job, pod)] : dismiss(job, pod)))
    : createMissing(job, status, active, ends, kept, now)
  const writes = [
    ...(isDeepStrictEqual(status, job.status) ? [] : [statusWrite(resources.jobs, job, status)]),
    ...steps,
    ...changes.filter(isWrite),
  ]
  const waits = [verdict.againMs, ...changes.filter((change) => typeof change === 'number')].filter(
    (ms) => ms !== undefined,
  )
  const { notes } = verdict
  return waits.length > 0 ? { writes, notes, againMs: Math.min(...waits) } : { writes, notes }
}

/** Deletes a pod that is wanted no more, and does not count it. */
function dismiss(job: Job, pod: Pod): Write[] {
  return isTracked(pod) ? [untrack(pod), deletePod(job, pod)] : [deletePod(job, pod)]
}

function isWrite(change: Write | number): change is Write {
  return typeof change !== 'number'
}

function isDone(status: JobStatus): boolean {
  return ['Complete', 'Failed'].some((type) => findCondition(status.conditions, type)?.status === 'True')
}

function isTracked(pod: { metadata: Pod['metadata'] }): boolean {
  return pod.metadata.finalizers?.includes(tracking) ?? false
}

/** Ended well, or counted as failed. */
function isOver(job: Job, pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || isFailed(pod, job)
}

function untrack(pod: Pod): Write {
  const { uid, finalizers = [] } = pod.metadata
  const rest = finalizers.filter((finalizer) => finalizer !== tracking)
  return {
    verb: 'patch',
    ref: refTo(resources.pods, pod),
    patch: { metadata: { uid, finalizers: rest.length > 0 ? rest : null } },
  }
}

/**
 * Counts each ended pod once, through crashes: first its uid is written down, then the pod is let go, and once it is seen
 * without the finalizer the uid turns into a count. Of successes with an index, the index is enough.
 */
function count(job: Job, pods: readonly Pod[], kept: ReadonlyMap<number, Pod>): JobStatus {
  const before = job.status ?? {}
  const held = before.uncountedTerminatedPods ?? {}
  const indexed = job.spec.completionMode === 'Indexed'
  const tracked = new Set(pods.filter(isTracked).map((pod) => pod.metadata.uid ?? ''))
  const fresh = (over: (pod: Pod) => boolean, known: readonly string[]): string[] => [
    ...known.filter((uid) => tracked.has(uid)),
    ...pods
      .filter((pod) => isTracked(pod) && over(pod))
      .map((pod) => pod.metadata.uid ?? '')
      .filter((uid) => !known.includes(uid)),
  ]
  const gone = (known: readonly string[]): number => known.filter((uid) => !tracked.has(uid)).length
  const isSuccess = (pod: Pod): boolean => pod.status?.phase === 'Succeeded'
  const succeeded = indexed ? [] : fresh(isSuccess, held.succeeded ?? [])
  const waits = new Set(kept.values())
  const failed = fresh(
    (pod) => !waits.has(pod) && isFailed(pod, job) && judgeFailure(job, pod).counts,
    held.failed ?? [],
  )
  // Pods that go because the Job has failed lose no index by it.
  const over = findCondition(before.conditions, 'FailureTarget') !== undefined
  const lost = countsPerIndex(job)
    ? over
      ? parseIndexes(before.failedIndexes)
      : failedIndexes(job, pods.filter(isTracked))
    : undefined
  const { completions = 0 } = job.spec
  const indexes = indexed
    ? [...parseIndexes(before.completedIndexes), ...pods.filter(isSuccess).map(indexOf)].filter(
        (index) => index < completions,
      )
    : []
  return {
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 ? { succeeded } : {}),
      ...(failed.length > 0 ? { failed } : {}),
    },
    ...unlessZero({
      succeeded: indexed ? new Set(indexes).size : (before.succeeded ?? 0) + gone(held.succeeded ?? []),
      failed: (before.failed ?? 0) + gone(held.failed ?? []),
    }),
    ...(indexes.length > 0 ? { completedIndexes: formatIndexes(indexes) } : {}),
    ...(lost ? { failedIndexes: formatIndexes(lost) } : {}),
  }
}

/** Of a Job with indexes those beyond its end go first. */
function removalOrder(job: Job, active: readonly Pod[]): Pod[] {
  const order = deletionOrder(active)
  if (job.spec.completionMode !== 'Indexed') return order
  const beyond = (pod: Pod): boolean => indexOf(pod) >= (job.spec.completions ?? 0)
  return [...order.filter(beyond), ...order.filter((pod) => !beyond(pod))]
}

/** New pods, or in how long the back-off lets them come. */
function createMissing(
  job: Job,
  status: JobStatus,
  active: readonly Pod[],
  ends: PodEnds,
  kept: ReadonlyMap<number, Pod>,
  now: number,
): (Write | number)[] {
  const { parallelism = 1, completions } = job.spec
  const succeeded = (status.succeeded ?? 0) + (status.uncountedTerminatedPods?.succeeded?.length ?? 0)
  const terminating = status.terminating ?? 0
  const wanted =
    completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - succeeded)
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? terminating : 0)
  if (missing < 0)
    return removalOrder(job, active)
      .slice(0, active.length - wanted)
      .flatMap((pod) => dismiss(job, pod))
  if (missing === 0) return []
  const wait = countsPerIndex(job) ? 0 : backOffMs(ends, now)
  if (wait > 0) return [wait]
  if (job.spec.completionMode !== 'Indexed')
    return Array.from({ length: missing }, () => createPod(job, trackedTemplate(job)))
  const taken = [
    ...parseIndexes(status.completedIndexes),
    ...parseIndexes(status.failedIndexes),
    ...active.map(indexOf),
  ]
  return missingIndexes(completions ?? 0, taken, missing).map((index) => {
    const replaced = kept.get(index)
    const rest = restMs(replaced, replaced ? endOf(replaced) : 0, now)
    return rest > 0 ? rest : createIndexed(job, index, replaced)
  })
}

/** Failed pods whose count the next of their index has yet to take over. */
function keptPods(job: Job, pods: readonly Pod[], active: readonly Pod[]): Map<number, Pod> {
  if (!countsPerIndex(job)) return new Map()
  const tracked = pods.filter(isTracked)
  const succeeded = pods.filter(({ status }) => status?.phase === 'Succeeded').map(indexOf)
  const done = [...parseIndexes(job.status?.completedIndexes), ...succeeded, ...failedIndexes(job, tracked)]
  return awaitingReplacement(job, tracked, active, done)
}

function trackedTemplate(job: Job): PodTemplate {
  const { template } = job.spec
  const finalizers = [...(template.metadata?.finalizers ?? []), tracking]
  return { ...template, metadata: { ...template.metadata, finalizers } }
}

function createIndexed(job: Job, index: number, replaced: Pod | undefined): Write {
  const template = trackedTemplate(job)
  const value = String(index)
  const name = `${job.metadata.name}-${value}`
  const fieldRef = { fieldPath: `metadata.labels['${indexKey}']` }
  const withIndex = (container: Container): Container => ({
    ...container,
    env: [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } } as { name: string }],
  })
  const { initContainers, containers } = template.spec
  const spec = {
    ...template.spec,
    ...(initContainers ? { initContainers: initContainers.map(withIndex) } : {}),
    containers: containers.map(withIndex),
    hostname: name,
  }
  const counts = countsPerIndex(job) ? inheritedCounts(job, replaced) : {}
  return createPod(
    job,
    { ...template, spec },
    {
      generateName: `${name}-`,
      annotations: { ...template.metadata?.annotations, [indexKey]: value, ...counts },
      labels: { ...template.metadata?.labels, [indexKey]: value },
    },
  )
}

/** A Job that has ended lets its pods go, and goes itself when its time is over. */
function finished(job: Job, pods: readonly Pod[], now: number): Outcome {
  const writes = pods.filter(isTracked).map(untrack)
  const ttl = job.spec.ttlSecondsAfterFinished
  const end = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')?.lastTransitionTime
  if (ttl === undefined || end === undefined || isTerminating(job)) return { writes }
  const left = Date.parse(end) + ttl * 1000 - now
  if (left > 0) return { writes, againMs: left }
  const { uid = '' } = job.metadata
  const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const
  return { writes: [...writes, { verb: 'delete', ref: refTo(resources.jobs, job), options }] }
}
