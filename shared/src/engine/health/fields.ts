import type { KubeObject } from '../../k8s/object.ts'

/** A condition of a status as all kinds have it. */
export interface StatusCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** What an object has at a path, or undefined where any step is missing. */
export function at(object: unknown, ...path: readonly string[]): unknown {
  let value = object
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** The text at a path, empty where there is none. */
export function text(object: unknown, ...path: readonly string[]): string {
  const value = at(object, ...path)
  return typeof value === 'string' ? value : ''
}

/** The list at a path, empty where there is none. */
export function list(object: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = at(object, ...path)
  return Array.isArray(value) ? value : []
}

/** A whole number at a path; undefined where absent. Anything else is an error in the words of Argo CD's decoder. */
export function optionalInt(object: KubeObject, ...path: readonly string[]): number | undefined {
  const value = at(object, ...path)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new Error(`failed to convert unstructured ${object.kind} to typed: unrecognized type: int32`)
}

/** As {@link optionalInt}, with absent as zero. */
export function int(object: KubeObject, ...path: readonly string[]): number {
  return optionalInt(object, ...path) ?? 0
}

/** `status.conditions`, every field a text. */
export function conditions(object: KubeObject): StatusCondition[] {
  return list(object, 'status', 'conditions').map(asCondition)
}

/** One condition with its fields as texts. */
export function asCondition(value: unknown): StatusCondition {
  return {
    type: text(value, 'type'),
    status: text(value, 'status'),
    reason: text(value, 'reason'),
    message: text(value, 'message'),
  }
}
