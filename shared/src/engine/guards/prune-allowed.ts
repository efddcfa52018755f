import type { ResourceKey } from '../../k8s/ref.ts'

/** What must be known for certain before anything is deleted. */
export interface Certainty {
  /** Why the manifests cannot be trusted to be all of them (a failed or partial render, a missing cache entry). */
  readonly manifests?: string | undefined
  /** Why the list of served kinds may be short (an aggregated API is down). */
  readonly discovery?: string | undefined
  /** Kinds (`group/kind`) whose live objects could not be listed in full, with the reason. */
  readonly unlisted: ReadonlyMap<string, string>
}

/** Why an object must not be pruned just now; undefined where it may be. */
export function pruneForbidden(key: ResourceKey, certainty: Certainty): string | undefined {
  if (certainty.manifests !== undefined) return `not pruned: ${certainty.manifests}`
  if (certainty.discovery !== undefined) return `not pruned: ${certainty.discovery}`
  const unlisted = certainty.unlisted.get(`${key.group}/${key.kind}`)
  return unlisted === undefined ? undefined : `not pruned: ${unlisted}`
}
