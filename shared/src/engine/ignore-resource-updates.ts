import { annotation } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import type { DeletePaths } from './compare-types.ts'
import { ignorer, ignoreRules, statusRule, type Ignorer } from './ignore.ts'
import { compareOptions } from './overrides.ts'

/**
 * Whether an update of a live object may be passed over: nothing changed that anybody asked to hear of. `tracked` objects
 * always take part, others only where they ask for it. The caller compares their health besides.
 */
export function updateDamper(
  argocdCm: Readonly<Record<string, string>>,
  deletePaths?: DeletePaths,
): (before: KubeObject, after: KubeObject, tracked: boolean) => boolean {
  if (argocdCm['resource.ignoreResourceUpdatesEnabled'] === 'false') return () => false
  const ignore = updateIgnorer(argocdCm, deletePaths)
  return (before, after, tracked) => {
    const asked = after.metadata.annotations?.[annotation.ignoreResourceUpdates] === 'true'
    if (!tracked && !asked) return false
    return deepEqual(ignore(before), ignore(after))
  }
}

const usual = 'resource.customizations.ignoreResourceUpdates.all'

/** Leaves out of an object what updates may change unheard; what comparison ignores counts too unless settings say otherwise. */
export function updateIgnorer(argocdCm: Readonly<Record<string, string>>, deletePaths?: DeletePaths): Ignorer {
  const rules = ignoreRules([], argocdCm, 'ignoreResourceUpdates')
  // Argo CD ships this rule; it holds only as long as comparison does not look at the status either.
  const status = statusRule(argocdCm)
  if (status && !(usual in argocdCm)) rules.push(status)
  if (compareOptions(argocdCm).ignoreDifferencesOnResourceUpdates !== false) {
    rules.push(...ignoreRules([], { ...argocdCm, 'resource.compareoptions': 'ignoreResourceStatusField: none' }))
  }
  const ignore = ignorer(rules, deletePaths)
  return (object) => {
    const { generation: _g, resourceVersion: _r, managedFields: _m, ...metadata } = object.metadata
    return ignore({ ...object, metadata })
  }
}
