import { deepEqual } from '../lang/deep-equal.ts'
import type { KubeObject } from '../k8s/object.ts'
import type { CompareInput } from './compare-types.ts'

export interface DiffResult {
  readonly modified: boolean
  readonly normalizedLive?: KubeObject
  readonly predictedLive?: KubeObject
}

/** Says how one object differs; made once per comparison. */
export type Differ = (target: KubeObject | undefined, live: KubeObject | undefined) => DiffResult

/** The strategy that the application's settings ask for. */
export function differ(_input: CompareInput): Differ {
  return (target, live) => {
    if (!target) return live ? { modified: false, normalizedLive: live } : { modified: false }
    if (!live) return { modified: true, predictedLive: target }
    const predicted = overlay(live, target)
    return { modified: !deepEqual(predicted, live), normalizedLive: live, predictedLive: predicted as KubeObject }
  }
}

function overlay(live: unknown, target: unknown): unknown {
  if (!isMap(live) || !isMap(target)) {
    if (!Array.isArray(live) || !Array.isArray(target) || live.length !== target.length) return target
    return target.map((item, index) => overlay(live[index], item))
  }
  const merged: Record<string, unknown> = { ...live }
  for (const [key, value] of Object.entries(target)) {
    if (key !== 'status' && value !== null && value !== undefined) merged[key] = overlay(live[key], value)
  }
  return merged
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
