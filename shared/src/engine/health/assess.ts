import { finalizer } from '../../argo/annotations.ts'
import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { builtInHealth } from './built-in.ts'
import { customHealth } from './custom/index.ts'
import { HealthFailure } from './failed.ts'
import { isMap } from './go-json.ts'
import { verdict } from './verdict.ts'

/** A verdict from outside the built-in rules: a script, a rule of ours. Undefined: no opinion. */
export type HealthRule = (object: KubeObject) => HealthStatus | undefined

export interface HealthOptions {
  /** Asked in order before the built-in rules: argocd-cm's scripts, then the scripts that are shipped. */
  readonly overrides?: readonly HealthRule[]
  /** Asked last, in order, on what nobody else has an opinion of. */
  readonly others?: readonly HealthRule[]
  /** Told why a rule failed. */
  readonly failed?: FailedHealth | undefined
}

/** Told of an object on which a rule failed, with the rule's own words. */
export type FailedHealth = (object: KubeObject, reason: string) => void

/** The health of live objects, however it is found. */
export type HealthJudge = (live: KubeObject, failed?: FailedHealth) => HealthStatus | undefined

/** The health of one object; undefined where nobody has an opinion. A rule that fails gives `Unknown` with its reason. */
export function assessHealth(object: KubeObject, options: HealthOptions = {}): HealthStatus | undefined {
  try {
    return judgeHealth(object, options)
  } catch (error) {
    // The object is known here, so a script's own words are enough.
    const cause = error instanceof HealthFailure ? error.cause : error
    const reason = cause instanceof Error ? cause.message : String(cause)
    options.failed?.(object, reason)
    return verdict('Unknown', reason)
  }
}

/** As {@link assessHealth}, but a failing rule throws. */
export function judgeHealth(given: KubeObject, options: HealthOptions = {}): HealthStatus | undefined {
  // What is judged by hand may have no metadata at all.
  const object = isMap(given.metadata) ? given : { ...given, metadata: {} }
  // A hook that waits for our own finalizer has ended by itself and keeps its verdict.
  const { finalizers, deletionTimestamp: deleted } = object.metadata
  const ours = Array.isArray(finalizers) && finalizers.includes(finalizer.hook)
  if (deleted && isTime(deleted) && !ours) return verdict('Progressing', 'Pending deletion')
  for (const rule of options.overrides ?? []) {
    const found = rule(given)
    if (found) return found
  }
  const known = customHealth(object) ?? builtInHealth(object, given)
  if (known) return known
  for (const rule of options.others ?? []) {
    const found = rule(object)
    if (found) return found
  }
  return undefined
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value)
}
