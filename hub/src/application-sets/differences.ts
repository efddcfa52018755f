import { ignorer, type IgnoreRule } from '@flotilla/shared/engine/ignore'
import type { DeletePaths } from '@flotilla/shared/engine/compare-types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { diffPatch, mergePatch } from '@flotilla/shared/k8s/merge-patch'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ApplicationSpec } from '@flotilla/shared/argo/application'
import { normalizedSpec } from './spec.ts'
import type { ApplicationSetSpec } from './types.ts'

type Ignored = ApplicationSetSpec['ignoreApplicationDifferences']

/** Tells how an application differs from what it should be, but for what a set is told to leave to others. */
export interface Differences {
  /** The live application, made what it should be; the very same one where nothing is to do. */
  settle(live: KubeObject, wanted: KubeObject): KubeObject
  sameSpec(live: KubeObject, wanted: KubeObject): boolean
}

/** Reads `ignoreApplicationDifferences`; a jq expression that does not parse throws. */
export function differencesOf(ignored: Ignored, deletePaths?: DeletePaths): Differences {
  const rules = (ignored ?? []).map(({ name, jsonPointers, jqPathExpressions }): IgnoreRule => ({
    group: 'argoproj.io',
    kind: 'Application',
    ...(name ? { name } : {}),
    ...(jsonPointers ? { jsonPointers } : {}),
    ...(jqPathExpressions ? { jqPathExpressions } : {}),
  }))
  const ignore = ignorer(rules, deletePaths)
  // What ignoring leaves empty counts as not there at all.
  const view = (object: KubeObject): KubeObject => normalized(rules.length > 0 ? ignore(normalized(object)) : object)
  return {
    settle(live, wanted) {
      const from = view(live)
      const to = view(wanted)
      if (deepEqual(tidy(from), tidy(to))) return live
      return rules.length > 0 ? (mergePatch(live, diffPatch(from, to) ?? {}) as KubeObject) : wanted
    },
    sameSpec: (live, wanted) => deepEqual(tidy(view(live)['spec']), tidy(view(wanted)['spec'])),
  }
}

function normalized(object: KubeObject): KubeObject {
  const spec = object['spec'] as ApplicationSpec | undefined
  return spec ? { ...object, spec: normalizedSpec(spec) } : object
}

/** Without empty texts and lists, which say no more than their absence. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(tidy)
  if (typeof value !== 'object' || value === null) return value === '' || value === null ? undefined : value
  const kept = Object.entries(value).map(([key, each]) => [key, tidy(each)] as const)
  return Object.fromEntries(kept.filter(([, each]) => each !== undefined))
}
