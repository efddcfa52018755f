import type { KubeObject } from '../k8s/object.ts'
import { normalizeSecret } from '../k8s/secret.ts'
import { normalizeEndpoints } from './endpoints.ts'
import { remarshal } from './scheme/remarshal.ts'
import { isObject } from '../lang/json.ts'

export interface NormalizeOptions {
  /** `ignoreAggregatedRoles` of `resource.compareoptions`: rules that aggregation fills in do not count. */
  readonly ignoreAggregatedRoles?: boolean
  /** Empty values stay, as in what was applied last: that a field was there is what counts. */
  readonly asWritten?: boolean
}

/**
 * An object as comparison sees it, whatever way it was written. Never changes its argument: what is changed is copied.
 */
export function normalize(object: KubeObject, options: NormalizeOptions = {}): KubeObject {
  const { kind, apiVersion } = object
  let result = withoutCreationTime(options.asWritten ? object : remarshal(object))
  if (kind === 'Secret' && apiVersion === 'v1') result = normalizeSecret(result)
  if (kind === 'Endpoints' && apiVersion === 'v1') result = normalizeEndpoints(result)
  if ((kind === 'Role' || kind === 'ClusterRole') && apiVersion.startsWith('rbac.authorization.k8s.io/')) {
    result = normalizeRole(result, options)
  }
  return result
}

/** `creationTimestamp: null` is what exported manifests say. */
function withoutCreationTime(object: KubeObject): KubeObject {
  if (!('creationTimestamp' in (object.metadata ?? {}))) return object
  const { creationTimestamp: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** No rules and an empty list of rules are one thing. */
function normalizeRole(object: KubeObject, options: NormalizeOptions): KubeObject {
  if (options.ignoreAggregatedRoles && isObject(object['aggregationRule'])) return { ...object, rules: null }
  const rules = object['rules']
  return Array.isArray(rules) && rules.length === 0 ? { ...object, rules: null } : object
}
