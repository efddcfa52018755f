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
  const listed = prunes.slice(0, listLength).map(keyString).join(', ')
  const more = prunes.length > listLength ? ` and ${prunes.length - listLength} more` : ''
  return `waiting for pruning confirmation: would delete ${prunes.length} of ${owned} objects (${listed}${more})`
}

const listLength = 50
