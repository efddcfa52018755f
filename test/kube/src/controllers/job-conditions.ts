import type { KubeObject } from '@flotilla/shared/k8s/object'
import { findCondition, timestamp, withCondition } from './conditions.ts'
import type { LabelSelector } from './selectors.ts'
import type { Condition, Pod, PodTemplate } from './types.ts'

export interface Job extends KubeObject {
  spec: {
    parallelism?: number
    completions?: number
    backoffLimit?: number
    activeDeadlineSeconds?: number
    ttlSecondsAfterFinished?: number
    suspend?: boolean
    completionMode?: string
    podReplacementPolicy?: string
    selector?: LabelSelector
    template: PodTemplate
  }
  status?: JobStatus
}

export interface JobStatus {
  conditions?: Condition[]
  startTime?: string
  completionTime?: string
  active?: number
  ready?: number
  succeeded?: number
  failed?: number
  terminating?: number
  completedIndexes?: string
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
}

interface Verdict {
  /** No pod may run any more. */
  readonly stop: boolean
  readonly againMs?: number
}

/** Brings the conditions of a Job up to date (in `status`), and says whether its pods have to go. */
export function settleConditions(job: Job, status: JobStatus, pods: readonly Pod[], now: number): Verdict {
  if (suspend(job, status, now)) return { stop: true }
  const target = ending(job, status, pods, now)
  if (target) {
    const held = findCondition(status.conditions, target.type)
    if (!held) status.conditions = [...(status.conditions ?? []), target]
    const uncounted = status.uncountedTerminatedPods ?? {}
    const settled = !uncounted.succeeded && !uncounted.failed && status.active === undefined && status.terminating === 0
    // The end is told once every pod has been counted.
    if (settled) {
      const type = target.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed'
      status.conditions = [...(status.conditions ?? []), { ...(held ?? target), type, ...times(now) }]
      if (type === 'Complete') status.completionTime = timestamp(now)
    }
    return { stop: true }
  }
  const deadline = deadlineInMs(job, status, now)
  return deadline === undefined ? { stop: false } : { stop: false, againMs: deadline }
}

function suspend(job: Job, status: JobStatus, now: number): boolean {
  const held = findCondition(status.conditions, 'Suspended')
  const wants = job.spec.suspend === true
  if (wants) {
    const next = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended', ...times(now) }
    status.conditions = withCondition(status.conditions ?? [], next)
    delete status.startTime
  } else if (held?.status === 'True') {
    const next = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed', ...times(now) }
    status.conditions = withCondition(status.conditions ?? [], next)
    status.startTime = timestamp(now)
  }
  return wants
}

function ending(job: Job, status: JobStatus, pods: readonly Pod[], now: number): Condition | undefined {
  const decided = status.conditions?.find(({ type }) => type === 'SuccessCriteriaMet' || type === 'FailureTarget')
  if (decided) return decided
  const { backoffLimit = 6, completions } = job.spec
  const failed = (status.failed ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0)
  const succeeded = (status.succeeded ?? 0) + (status.uncountedTerminatedPods?.succeeded?.length ?? 0)
  const fails = (reason: string, message: string): Condition => ({
    type: 'FailureTarget',
    status: 'True',
    reason,
    message,
    ...times(now),
  })
  const deadline = deadlineInMs(job, status, now)
  if (failed > backoffLimit || restarts(job, pods) > backoffLimit) {
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  if (deadline !== undefined && deadline <= 0)
    return fails('DeadlineExceeded', 'Job was active longer than specified deadline')
  const done = completions === undefined ? succeeded > 0 && status.active === undefined : succeeded >= completions
  if (!done) return undefined
  const message = 'Reached expected number of succeeded pods'
  return { type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached', message, ...times(now) }
}

/** Pods that restart in place fail by their restarts. */
function restarts(job: Job, pods: readonly Pod[]): number {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return 0
  const counts = pods
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .map((status) => Number(status['restartCount'] ?? 0))
  return counts.reduce((sum, count) => sum + count, 0)
}

function deadlineInMs(job: Job, status: JobStatus, now: number): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds
  if (seconds === undefined || status.startTime === undefined) return undefined
  return Date.parse(status.startTime) + seconds * 1000 - now
}

function times(now: number): Pick<Condition, 'lastProbeTime' | 'lastTransitionTime'> {
  return { lastProbeTime: timestamp(now), lastTransitionTime: timestamp(now) }
}
