import { keyString, type ResourceKey } from '../../k8s/ref.ts'

/** How much of an application one sync may prune without being asked. */
export interface MassDeletionLimit {
  /** A share of the application's objects, 0 to 1. */
  readonly share: number
  readonly count: number
}

/** More than half of an application, if that is more than twenty objects, is asked about. */
export const massDeletionLimit: MassDeletionLimit = { share: 0.5, count: 20 }

/** The limits that the settings have (`controller.prune.guard.share`, `controller.prune.guard.count`), else the usual ones. */
export function massDeletionLimitOf(argocdCm: Readonly<Record<string, string>>): MassDeletionLimit {
  const share = Number(argocdCm['controller.prune.guard.share'] ?? '')
  const count = Number(argocdCm['controller.prune.guard.count'] ?? '')
  return {
    share: argocdCm['controller.prune.guard.share'] && share >= 0 ? share : massDeletionLimit.share,
    count: argocdCm['controller.prune.guard.count'] && count >= 0 ? count : massDeletionLimit.count,
  }
}

/** Why a sync must not prune what it would, with the list; undefined where it may. Both limits must be passed. */
export function massDeletion(
  prunes: readonly ResourceKey[],
  owned: number,
  limit: MassDeletionLimit,
): string | undefined {
  if (prunes.length <= limit.count || prunes.length <= owned * limit.share) return undefined
  return `waiting for pruning confirmation: would delete ${prunes.length} of ${owned} objects (${listOf(prunes)})`
}

/** How much of a cluster the syncs of several applications may prune in one round without being asked. */
export interface ClusterDeletionLimit extends MassDeletionLimit {
  /** What counts as one round, in milliseconds. */
  readonly within: number
}

/** More than a quarter of a cluster's objects within a minute, if that is more than fifty objects, is asked about. */
export const clusterDeletionLimit: ClusterDeletionLimit = { share: 0.25, count: 50, within: 60_000 }

/** The limits that the settings have (`controller.prune.guard.cluster.*`), else the usual ones. */
export function clusterDeletionLimitOf(argocdCm: Readonly<Record<string, string>>): ClusterDeletionLimit {
  const setting = (name: string, usual: number): number => {
    const text = argocdCm[`controller.prune.guard.cluster.${name}`] ?? ''
    return text !== '' && Number(text) >= 0 ? Number(text) : usual
  }
  const { share, count, within } = clusterDeletionLimit
  return {
    share: setting('share', share),
    count: setting('count', count),
    within: setting('window.seconds', within / 1000) * 1000,
  }
}

/**
 * Why a sync must not prune what it would, after what other applications of the cluster have pruned in the same round.
 * An application that prunes alone is judged by its own limits.
 */
export function clusterDeletion(
  prunes: readonly ResourceKey[],
  others: { readonly pruned: number; readonly owned: number },
  limit: MassDeletionLimit,
): string | undefined {
  const all = prunes.length + others.pruned
  if (prunes.length === 0 || others.pruned === 0 || all <= limit.count || all <= others.owned * limit.share) {
    return undefined
  }
  const listed = listOf(prunes)
  return `waiting for pruning confirmation: would delete ${prunes.length} objects, with other applications ${all} of the ${others.owned} in the cluster (${listed})`
}

function listOf(keys: readonly ResourceKey[]): string {
  const listed = keys.slice(0, listLength).map(keyString).join(', ')
  return keys.length > listLength ? `${listed} and ${keys.length - listLength} more` : listed
}

const listLength = 50
