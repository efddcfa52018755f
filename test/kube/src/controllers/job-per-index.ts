import type { Job } from './job-conditions.ts'
import { parseIndexes } from './job-indexes.ts'
import { isFailed, judgeFailure } from './job-policy.ts'
import type { Pod } from './types.ts'

export const indexKey = 'batch.kubernetes.io/job-completion-index'
/** How often the pods before a pod of the same index failed. */
const failureCount = 'batch.kubernetes.io/job-index-failure-count'
const ignoredCount = 'batch.kubernetes.io/job-index-ignored-failure-count'

/** The completion index of a pod. */
export function indexOf(pod: Pod): number {
  return Number(pod.metadata.annotations?.[indexKey] ?? 0)
}

function countOf(pod: Pod, key: string): number {
  return Number(pod.metadata.annotations?.[key] ?? 0)
}

/** Whether each index may fail only so often, whatever becomes of the others. */
export function countsPerIndex({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed' && spec.backoffLimitPerIndex !== undefined
}

/** The indexes that have failed for good: known already, or by a pod that has failed too often. */
export function failedIndexes(job: Job, tracked: readonly Pod[]): number[] {
  const limit = job.spec.backoffLimitPerIndex ?? 0
  const fresh = tracked.filter((pod) => {
    if (!isFailed(pod, job)) return false
    const { counts, failsIndex } = judgeFailure(job, pod)
    return failsIndex === true || (counts && countOf(pod, failureCount) >= limit)
  })
  return [...new Set([...parseIndexes(job.status?.failedIndexes), ...fresh.map(indexOf)])].toSorted((a, b) => a - b)
}

/** The failed pods that are kept until the next of their index is there, which inherits their count. */
export function awaitingReplacement(
  job: Job,
  tracked: readonly Pod[],
  active: readonly Pod[],
  done: readonly number[],
): Map<number, Pod> {
  const busy = new Set([...done, ...active.map(indexOf)])
  const kept = new Map<number, Pod>()
  for (const pod of tracked) {
    const index = indexOf(pod)
    if (!isFailed(pod, job) || busy.has(index)) continue
    const held = kept.get(index)
    const total = (one: Pod): number => countOf(one, failureCount) + countOf(one, ignoredCount)
    if (!held || total(held) <= total(pod)) kept.set(index, pod)
  }
  return kept
}

/** The annotations by which a pod carries on the count of the one that it replaces. */
export function inheritedCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!replaced) return { [failureCount]: '0' }
  const { counts } = judgeFailure(job, replaced)
  const failed = countOf(replaced, failureCount) + (counts ? 1 : 0)
  const ignored = countOf(replaced, ignoredCount) + (counts ? 0 : 1)
  return { [failureCount]: String(failed), ...(ignored > 0 ? { [ignoredCount]: String(ignored) } : {}) }
}

/** How long an index rests before its next pod: ten seconds, doubled by each failure, at most ten minutes. */
export function restMs(replaced: Pod | undefined, endedAt: number, now: number): number {
  if (!replaced) return 0
  const failures = countOf(replaced, failureCount) + countOf(replaced, ignoredCount) + 1
  return endedAt + Math.min(10_000 * 2 ** (failures - 1), 600_000) - now
}
