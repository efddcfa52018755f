import type { ResourceKey } from '../../k8s/ref.ts'

/** What must be known for certain before anything is deleted. */
export interface Certainty {
  /** Why the manifests cannot be trusted to be all of them (a failed or partial render, a missing cache entry). */
  readonly manifests?: string | undefined
  /** Group versions that the cluster does not tell the kinds of (an aggregated API is down). */
  readonly stale?: readonly string[]
  /** Why the live objects of a kind, where this one is, could not be listed in full. */
  readonly unlisted: (key: ResourceKey) => string | undefined
}

/** Why an object must not be pruned just now; undefined where it may be. */
export function pruneForbidden(key: ResourceKey, certainty: Certainty): string | undefined {
  if (certainty.manifests !== undefined) return certainty.manifests
  const stale = certainty.stale?.find((name) => groupOf(name) === key.group)
  if (stale !== undefined) return `the cluster does not tell the kinds of ${stale}`
  return certainty.unlisted(key)
}

function groupOf(groupVersion: string): string {
  return groupVersion.includes('/') ? groupVersion.slice(0, groupVersion.indexOf('/')) : ''
}
