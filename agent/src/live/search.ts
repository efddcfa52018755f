import { resourceFilter } from '@flotilla/shared/engine/resource-filter'
import { ownerOf, type Tracking } from '@flotilla/shared/engine/tracking'
import type { Cluster } from '../cluster/client.ts'
import type { Discovery } from '../cluster/discovery.ts'

const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

/** What a search of the cluster found: kinds (`group/kind`) by instance, and what could not be listed. */
export interface Found {
  readonly kinds: ReadonlyMap<string, ReadonlySet<string>>
  readonly failed: ReadonlyMap<string, string>
}

/**
 * Looks once through every kind for objects that carry a tracking mark: an agent that has no memory of them (a new one,
 * or one that takes over from Argo CD) must know what Git no longer names. Only metadata are asked for, kind after kind.
 */
export async function searchTracked(
  cluster: Cluster,
  discovery: Discovery,
  tracking: Tracking,
  argocdCm: Readonly<Record<string, string>>,
): Promise<Found> {
  const kinds = new Map<string, Set<string>>()
  const failed = new Map<string, string>()
  const included = resourceFilter(argocdCm, {})
  for (const [name, kind] of discovery.kinds) {
    if (!kind.verbs.includes('list') || !kind.verbs.includes('watch') || !included(kind.group, kind.kind)) continue
    try {
      await cluster.list(kind, { accept: metadataOnly }, (objects) => {
        for (const object of objects) {
          const instance = ownerOf(object, tracking)
          if (instance === undefined) continue
          const known = kinds.get(instance)
          if (known) known.add(name)
          else kinds.set(instance, new Set([name]))
        }
      })
    } catch (error) {
      failed.set(name, error instanceof Error ? error.message : String(error))
    }
  }
  return { kinds, failed }
}
