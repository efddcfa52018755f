import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Note } from '../machinery/events.ts'
import { findCondition, timestamp, withCondition } from './conditions.ts'
import { parseIndexes } from './job-indexes.ts'
import { isFailed, judgeFailure, succeedsEarly, type FailureRule, type SuccessRule } from './job-policy.ts'
import { note, warning } from './pods.ts'
import type { LabelSelector } from '@flotilla/shared/k8s/label-selector'
import type { Condition, Pod, PodTemplate } from './types.ts'

export interface Job extends KubeObject {
  spec: {
    parallelism?: number
    completions?: number
    backoffLimit?: number
    activeDeadlineSeconds?: number
    ttlSecondsAfterFinished?: number
    suspend?: boolean
    managedBy?: string
    completionMode?: string
    podReplacementPolicy?: string
    backoffLimitPerIndex?: number
    maxFailedIndexes?: number
    podFailurePolicy?: { rules: FailureRule[] }
    successPolicy?: { rules: SuccessRule[] }
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
  failedIndexes?: string
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
}

interface Verdict {
  /** No pod may run any more. */
  readonly stop: boolean
  readonly againMs?: number
  readonly notes: readonly Note[]
}

/** Brings the conditions of a Job up to date (in `status`), and says whether its pods have to go. */
export function settleConditions(job: Job, status: JobStatus, pods: readonly Pod[], now: number): Verdict {
  const target = ending(job, status, pods, now)
  if (target) return { stop: true, notes: end(job, status, target, now) }
  const notes = suspension(job, status, now)
  if (job.spec.suspend === true) return { stop: true, notes }
  const deadline = deadlineInMs(job, status, now)
  return { stop: false, notes, ...(deadline === undefined ? {} : { againMs: deadline }) }
}

/** What is to become of the Job is said first; that it has, once every pod has been counted. */
function end(job: Job, status: JobStatus, target: Condition, now: number): Note[] {
  if (!findCondition(status.conditions, target.type)) status.conditions = [...(status.conditions ?? []), target]
  const { succeeded, failed } = status.uncountedTerminatedPods ?? {}
  const settled = !succeeded && !failed && status.active === undefined && status.terminating === 0
  if (!settled) return []
  const type = target.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed'
  status.conditions = [...(status.conditions ?? []), { ...target, type, ...times(now) }]
  if (type === 'Complete') status.completionTime = timestamp(now)
  const { reason = '', message = '' } = target
  return [type === 'Complete' ? note(job, 'Completed', 'Job completed') : warning(job, reason, message)]
}

function suspension(job: Job, status: JobStatus, now: number): Note[] {
  const held = findCondition(status.conditions, 'Suspended')
  const wants = job.spec.suspend === true
  if (wants === (held?.status === 'True')) return []
  const [reason, message] = wants ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed']
  const next = { type: 'Suspended', status: wants ? 'True' : 'False', reason, message, ...times(now) }
  status.conditions = withCondition(status.conditions ?? [], next)
  if (wants) delete status.startTime
  else status.startTime = timestamp(now)
  return [note(job, wants ? 'Suspended' : 'Resumed', message)]
}

function ending(job: Job, status: JobStatus, pods: readonly Pod[], now: number): Condition | undefined {
  const decided = status.conditions?.find(({ type }) => type === 'SuccessCriteriaMet' || type === 'FailureTarget')
  if (decided) return decided
  const decide = (type: string, reason: string, message: string): Condition => ({
    type,
    status: 'True',
    reason,
    message,
    ...times(now),
  })
  const fails = (reason: string, message: string): Condition => decide('FailureTarget', reason, message)
  const { backoffLimit = 6, completions } = job.spec
  const failed = (status.failed ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0)
  const verdicts = pods.filter((pod) => isFailed(pod, job)).map((pod) => judgeFailure(job, pod).failsJob)
  const byPolicy = verdicts.find((verdict) => verdict !== undefined)
  if (byPolicy !== undefined) return fails('PodFailurePolicy', byPolicy)
  if (failed > backoffLimit || restartsTooOften(job, pods))
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  if ((deadlineInMs(job, status, now) ?? 1) <= 0)
    return fails('DeadlineExceeded', 'Job was active longer than specified deadline')
  const indexed = job.spec.completionMode === 'Indexed'
  const indexes = parseIndexes(status.completedIndexes)
  const lost = perIndex(job, status, indexes.length)
  if (lost) return fails(...lost)
  const early = indexed ? succeedsEarly(job, indexes) : undefined
  if (early !== undefined) return decide('SuccessCriteriaMet', 'SuccessPolicy', early)
  const succeeded = indexed
    ? indexes.length
    : (status.succeeded ?? 0) + (status.uncountedTerminatedPods?.succeeded?.length ?? 0)
  const done = status.active === undefined && (completions === undefined ? succeeded > 0 : succeeded >= completions)
  const message = 'Reached expected number of succeeded pods'
  return done ? decide('SuccessCriteriaMet', 'CompletionsReached', message) : undefined
}

/** Why a Job fails by the indexes that it has lost. */
function perIndex({ spec }: Job, status: JobStatus, succeeded: number): [string, string] | undefined {
  const failed = parseIndexes(status.failedIndexes).length
  if (spec.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes)
    return ['MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes']
  const over = failed > 0 && failed + succeeded >= (spec.completions ?? 0)
  return over ? ['FailedIndexes', 'Job has failed indexes'] : undefined
}

/** Pods that restart in place fail by their restarts. */
function restartsTooOften(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  const counts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap((pod) => ['containerStatuses', 'initContainerStatuses'].flatMap((list) => pod.status?.[list] ?? []))
    .map((status) => Number((status as { restartCount?: number }).restartCount ?? 0))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const limit = job.spec.backoffLimit ?? 6
  return limit === 0 ? total > 0 : total >= limit
}

function deadlineInMs(job: Job, status: JobStatus, now: number): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds
  if (seconds === undefined || status.startTime === undefined || job.spec.suspend === true) return undefined
  return Date.parse(status.startTime) + seconds * 1000 - now
}

function times(now: number): Pick<Condition, 'lastProbeTime' | 'lastTransitionTime'> {
  return { lastProbeTime: timestamp(now), lastTransitionTime: timestamp(now) }
}
