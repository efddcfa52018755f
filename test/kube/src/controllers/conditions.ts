import type { Condition } from './types.ts'

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** The conditions with one set: untouched where status and reason are the same; the transition time moves only with the status. */
export function withCondition(conditions: readonly Condition[], next: Condition): Condition[] {
  const held = findCondition(conditions, next.type)
  if (held && held.status === next.status && held.reason === next.reason) return [...conditions]
  const kept = held?.status === next.status ? held.lastTransitionTime : undefined
  return [...without(conditions, next.type), kept === undefined ? next : { ...next, lastTransitionTime: kept }]
}

export function without(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type)
}
