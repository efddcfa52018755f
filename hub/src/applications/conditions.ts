import type { Condition } from '@flotilla/shared/argo/application'

/** Conditions with their times: one that was there with the same words keeps the time at which it came. */
export function mergeConditions(
  before: readonly Condition[],
  now: readonly Condition[],
  time: string,
): Condition[] | undefined {
  if (now.length === 0) return undefined
  return now.map((condition) => {
    const old = before.find((each) => each.type === condition.type && each.message === condition.message)
    const lastTransitionTime = old?.lastTransitionTime ?? condition.lastTransitionTime ?? time
    return { lastTransitionTime, message: condition.message, type: condition.type }
  })
}

/** A time as Kubernetes writes it. */
export function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
