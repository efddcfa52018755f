import type { ContainerStatus } from '../kubelet/containers.ts'
import type { Job } from './job-conditions.ts'
import { parseIndexes } from './job-indexes.ts'
import { isTerminating } from './pods.ts'
import type { Pod } from './types.ts'

export interface FailureRule {
  action: string
  onExitCodes?: { containerName?: string; operator: string; values: number[] }
  onPodConditions?: { type: string; status: string }[]
}

export interface SuccessRule {
  succeededIndexes?: string
  succeededCount?: number
}

/** Whether a pod counts as failed: it has ended so, or is being deleted, where deletion alone is reason for another. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return isTerminating(pod) && pod.status?.phase !== 'Succeeded'
}

/** Pods are replaced once they have ended, not when they begin to. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined
}

interface Judgement {
  readonly counts: boolean
  readonly failsIndex?: boolean
  readonly failsJob?: string
}

/** What the first rule that fits a failed pod says of it. */
export function judgeFailure(job: Job, pod: Pod): Judgement {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = fits(rule, pod)
    if (why === undefined) continue
    if (rule.action === 'Ignore') return { counts: false }
    if (rule.action === 'FailIndex') return { counts: true, failsIndex: true }
    if (rule.action !== 'FailJob') return { counts: true }
    return { counts: true, failsJob: `${why} matching FailJob rule at index ${index}` }
  }
  return { counts: true }
}

function fits({ onExitCodes, onPodConditions }: FailureRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata
  if (onExitCodes) {
    const lists = ['containerStatuses', 'initContainerStatuses'].flatMap((list) => pod.status?.[list] ?? [])
    const { containerName, operator, values } = onExitCodes
    const status = (lists as unknown as ContainerStatus[]).find(({ name: container, state }) => {
      const code = state.terminated?.exitCode ?? 0
      if (code === 0 || (containerName !== undefined && containerName !== container)) return false
      return values.includes(code) === (operator === 'In')
    })
    return status
      ? `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${status.state.terminated?.exitCode}`
      : undefined
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && pattern.status === status),
  )
  return condition ? `Pod ${namespace}/${name} has condition ${condition.type}` : undefined
}

/** The rule by which enough has succeeded though not all has; says which. */
export function succeedsEarly({ spec }: Job, succeeded: readonly number[]): string | undefined {
  for (const [index, { succeededIndexes, succeededCount }] of (spec.successPolicy?.rules ?? []).entries()) {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes)
    const met = wanted ? wanted.filter((one) => succeeded.includes(one)).length : succeeded.length
    const needed = succeededCount ?? wanted?.length ?? Infinity
    if (met >= needed) return `Matched rules at index ${index}`
  }
  return undefined
}
