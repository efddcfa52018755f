import { annotation } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'
import { inWords } from '../k8s/strategic/three-way.ts'
import { KeyError } from '../k8s/structured/path-element.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import type { KeptDiff } from './compare-types.ts'
import { withDefaults } from './scheme/defaults.ts'
import { mergeOwned, withoutMutations } from './structured-merge.ts'

/** Whether it is plain to see that server-side apply would change nothing. */
export function isMerged(target: KubeObject, live: KubeObject, last: KubeObject | undefined): boolean {
  return merging(() => mergeOwned(target, live, last)) === live
}

/** What is there beside what server-side apply would make of it; undefined where that would be refused. */
export function compareStructured(
  target: KubeObject,
  live: KubeObject,
  last: KubeObject | undefined,
): KeptDiff | undefined {
  const merged = merging(() => mergeOwned(target, live, last))
  if (!merged) return undefined
  const filled = (object: KubeObject, what: string): KubeObject =>
    inWords(
      `failed to calculate diff: error calculating structured merge diff: error applying default values in ${what}`,
      () => withDefaults(withoutLastApplied(object)),
    )
  if (merged === live || deepEqual(merged, live)) return { modified: false, normalizedLive: live, predictedLive: live }
  const predictedLive = filled(merged, 'predicted live')
  const normalizedLive = filled(live, 'live')
  return { modified: !deepEqual(predictedLive, normalizedLive), normalizedLive, predictedLive }
}

/** Undefined where items of a list cannot be told from each other. */
function merging(merge: () => KubeObject): KubeObject | undefined {
  try {
    return merge()
  } catch (error) {
    if (error instanceof KeyError) return undefined
    throw error
  }
}

/** Of a server-side dry run only what is ours counts, unless changes by admission webhooks are wanted too. */
export function compareDryRun(
  { live, target: dryRun }: { readonly live: KubeObject; readonly target: KubeObject },
  mutations: boolean,
  clean: (object: KubeObject) => KubeObject,
): KeptDiff {
  const adopted = mutations ? dryRun : (merging(() => withoutMutations(live, dryRun)) ?? dryRun)
  const predictedLive = withoutServerFields(clean(adopted))
  const normalizedLive = withoutServerFields(clean(live))
  return { modified: !deepEqual(predictedLive, normalizedLive), normalizedLive, predictedLive }
}

function withoutServerFields(object: KubeObject): KubeObject {
  const { managedFields: _m, resourceVersion: _r, generation: _g, ...metadata } = object.metadata
  return withoutLastApplied({ ...object, metadata })
}

function withoutLastApplied(object: KubeObject): KubeObject {
  const { annotations, ...metadata } = object.metadata
  if (annotations?.[annotation.lastApplied] === undefined) return object
  const { [annotation.lastApplied]: _, ...rest } = annotations
  return { ...object, metadata: { ...metadata, annotations: rest } }
}
