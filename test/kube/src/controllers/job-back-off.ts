import { findCondition } from './conditions.ts'
import type { Job } from './job-conditions.ts'
import { isFailed } from './job-policy.ts'
import type { Pod } from './types.ts'

/** When and how the pods of a Job have ended, by their uid: also of those that are gone. */
export interface PodEnds {
  readonly job: string | undefined
  readonly pods: Map<string, { readonly failed: boolean; readonly at: number }>
}

/** Writes down the ends of pods that are not yet known. */
export function noteEnds(job: Job, pods: readonly Pod[], { pods: known }: PodEnds): void {
  for (const pod of pods) {
    const { uid = '' } = pod.metadata
    const failed = isFailed(pod, job)
    if ((failed || pod.status?.phase === 'Succeeded') && !known.has(uid)) known.set(uid, { failed, at: endOf(pod) })
  }
}

/** Ten seconds after the first failure since the last success, doubled by each further one, at most ten minutes. */
export function backOffMs({ pods }: PodEnds, now: number): number {
  const ends = [...pods.values()]
  const success = Math.max(0, ...ends.filter(({ failed }) => !failed).map(({ at }) => at))
  const failures = ends.filter(({ failed, at }) => failed && at >= success).map(({ at }) => at)
  const last = Math.max(0, ...failures)
  return failures.length === 0 ? 0 : last + Math.min(10_000 * 2 ** (failures.length - 1), 600_000) - now
}

/** When a pod ended: as its containers say, else since when it is not ready, or is being deleted, or at worst is there. */
export function endOf(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map((status) => {
    const state = status['state'] as { terminated?: { finishedAt?: string } } | undefined
    return Date.parse(state?.terminated?.finishedAt ?? '')
  })
  const last = Math.max(...ends.filter((end) => !Number.isNaN(end)), 0)
  if (last > 0) return last
  const ready = findCondition(pod.status?.conditions, 'Ready')
  if (ready?.status === 'False') return Date.parse(ready.lastTransitionTime ?? '')
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp = '' } = pod.metadata
  return deletionTimestamp === undefined
    ? Date.parse(creationTimestamp)
    : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
}
