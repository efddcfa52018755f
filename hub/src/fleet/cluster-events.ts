import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { awayGrace } from '../applications/sight.ts'
import { recordEvent, type Happening, type Subject } from '../events/record.ts'
import { connectionStateOf } from './connection-state.ts'
import type { ClusterPresence, Fleet } from './ports.ts'

/** What an agent tells comes in pieces. */
const settleMs = 1_000

export interface ClusterEventsOptions {
  readonly fleet: Pick<Fleet, 'presence' | 'onPresence'>
  /** The Secret by which a cluster is registered; nothing where it is not. */
  readonly subject: (cluster: string) => Subject | undefined
  readonly objects: Pick<Objects, 'create'>
  readonly clock: Clock
  readonly random: Random
}

/**
 * Writes an Event beside a cluster's Secret when its connection turns: its API server does not answer, kinds cannot be
 * seen, its agent stays away, and when that is over. The answer stops it.
 */
export function tellOfConnections(options: ClusterEventsOptions): () => void {
  const { fleet, clock } = options
  const told = new Map<string, string>()
  const looks = new Map<string, () => void>()

  const lookAfter = (cluster: string, ms: number): void => {
    if (looks.has(cluster)) return
    const cancel = clock.after(ms, () => {
      looks.delete(cluster)
      look(cluster)
    })
    looks.set(cluster, cancel)
  }
  const look = (cluster: string): void => {
    const presence = fleet.presence(cluster)
    const awayFor = clock.now() - presence.since
    if (presence.state === 'unknown' && awayFor < awayGrace) return lookAfter(cluster, awayGrace - awayFor)
    const sign = signOf(presence)
    const before = told.get(cluster)
    if (before === sign) return
    told.set(cluster, sign)
    const happening = happeningOf(presence)
    // That all is well is no news where nothing else was told.
    if (before === undefined && (happening.type === 'Normal' || presence.state === 'pending')) return
    tell(cluster, happening)
  }
  const tell = (cluster: string, happening: Happening): void => {
    const subject = options.subject(cluster)
    if (!subject) return
    const { objects, random } = options
    const component = 'argocd-application-controller'
    void recordEvent(objects, subject, happening, { component, now: clock.now(), random })
  }

  const unsubscribe = fleet.onPresence((cluster) => lookAfter(cluster, settleMs))
  return () => {
    unsubscribe()
    for (const cancel of looks.values()) cancel()
    looks.clear()
  }
}

function happeningOf(presence: ClusterPresence): Happening {
  const { status, message } = connectionStateOf(presence)
  const reason = `Connection${status}`
  return message === ''
    ? { type: 'Normal', reason, message: 'The cluster answers its agent' }
    : { type: 'Warning', reason, message }
}

/** What makes it another event: not the words of an error, which may be other ones each time. */
function signOf({ state, trouble, warning, facts }: ClusterPresence): string {
  const unseen = (facts?.unseen ?? []).map(([kind]) => kind)
  return JSON.stringify(state === 'connected' ? [state, trouble !== undefined, warning, unseen] : [state, warning])
}
