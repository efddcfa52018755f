import type { ClusterPresence } from '../fleet/ports.ts'
import { rfc3339 } from './conditions.ts'
import type { HubView } from './status.ts'

/** So long an agent may be away until what it said last counts for nothing. */
export const awayGrace = 10_000

/** What can be seen of a cluster by way of its agent. */
export interface Sight extends Pick<HubView, 'awaySince' | 'unreachable' | 'neverJoined'> {
  /** Nobody can look at the cluster now. */
  readonly blind: boolean
  /** When to think of it again, in milliseconds. */
  readonly lookAfter?: number | undefined
}

/**
 * How far an agent's last word can be trusted. `unknownBefore`: the state was unknown already, and does not become known
 * because the hub, too, was away for a while.
 */
export function sightOf(
  cluster: string | undefined,
  presence: ClusterPresence | undefined,
  { now, unknownBefore }: { readonly now: number; readonly unknownBefore: boolean },
): Sight {
  if (cluster === undefined || !presence) return { blind: false }
  const { state, since, trouble } = presence
  if (state === 'connected') {
    const unreachable = trouble && { cluster, since: rfc3339(trouble.since), message: trouble.message }
    return { blind: trouble !== undefined, unreachable }
  }
  if (state === 'pending') return { blind: true, neverJoined: cluster }
  const awayFor = now - since
  // Whatever brought us here has used up the look that was due when the grace ends.
  const lookAfter = awayFor < awayGrace ? awayGrace - awayFor : undefined
  const isGone = unknownBefore || lookAfter === undefined
  return { blind: true, awaySince: isGone ? rfc3339(since) : undefined, lookAfter }
}
