import { resourceFilter } from '@flotilla/shared/engine/resource-filter'
import { ownerOf, type Tracking } from '@flotilla/shared/engine/tracking'
import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Cluster } from '../cluster/client.ts'
import type { Discovery } from '../cluster/discovery.ts'
import { ApiError } from '../cluster/errors.ts'

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
  /** Where to look for what may not be listed in the whole cluster. */
  namespaces: readonly string[],
): Promise<Found> {
  const kinds = new Map<string, Set<string>>()
  const failed = new Map<string, string>()
  const included = resourceFilter(argocdCm, {})
  for (const [name, kind] of discovery.kinds) {
    if (!kind.verbs.includes('list') || !kind.verbs.includes('watch') || !included(kind.group, kind.kind)) continue
    const take = (objects: readonly KubeObject[]): void => {
      for (const object of objects) {
        const instance = ownerOf(object, tracking)
        if (instance === undefined) continue
        const known = kinds.get(instance)
        if (known) known.add(name)
        else kinds.set(instance, new Set([name]))
      }
    }
    const reason = await listed(cluster, kind, namespaces, take)
    if (reason !== undefined) failed.set(name, reason)
  }
  return { kinds, failed }
}

/** Lists a kind as far as that is allowed; what may not be listed cannot be deleted either, and so need not be known. */
async function listed(
  cluster: Cluster,
  kind: KindInfo,
  namespaces: readonly string[],
  take: (objects: readonly KubeObject[]) => void,
): Promise<string | undefined> {
  const tried = async (namespace?: string): Promise<{ readonly forbidden?: boolean; readonly reason?: string }> => {
    try {
      await cluster.list(kind, { accept: metadataOnly, ...(namespace !== undefined && { namespace }) }, take)
      return {}
    } catch (error) {
      if (error instanceof ApiError && error.code === 403) return { forbidden: true }
      return { reason: error instanceof Error ? error.message : String(error) }
    }
  }
  const whole = await tried()
  if (!whole.forbidden || !kind.namespaced) return whole.reason
  for (const namespace of namespaces) {
    const { reason } = await tried(namespace)
    if (reason !== undefined) return reason
  }
  return undefined
}
