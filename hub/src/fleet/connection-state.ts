import type { ClusterFacts, ClusterPresence } from './ports.ts'

export interface ConnectionState {
  readonly status: 'Successful' | 'Failed' | 'Unknown'
  readonly message: string
  readonly attemptedAt: string
}

/** The link to a cluster in Argo CD's words: by its agent, to its API server. */
export function connectionStateOf({ state, since, trouble, warning, facts }: ClusterPresence): ConnectionState {
  const iso = (at: number): string => new Date(at).toISOString()
  const told: Record<ClusterPresence['state'], Pick<ConnectionState, 'status' | 'message'>> = {
    connected: trouble
      ? { status: 'Failed', message: `not answering since ${iso(trouble.since)}: ${trouble.message}` }
      : { status: 'Successful', message: unseenInWords(facts?.unseen ?? []) },
    unknown: { status: 'Unknown', message: `unknown since ${iso(since)}: its agent is away` },
    pending: { status: 'Unknown', message: 'no agent has joined yet' },
    revoked: { status: 'Failed', message: 'its agent was revoked' },
  }
  const attemptedAt = iso(state === 'connected' && trouble ? trouble.since : since)
  const { status, message } = told[state]
  return { status, message: [warning, message].filter((part) => part).join('; '), attemptedAt }
}

const unseenShown = 5

/** `ConfigMap in team-a: configmaps is forbidden: …`, the first few of them. */
function unseenInWords(unseen: NonNullable<ClusterFacts['unseen']>): string {
  if (unseen.length === 0) return ''
  const shown = unseen
    .slice(0, unseenShown)
    .map(([kind, reason]) => `${kind.replace(/^\//, '').replace('@', ' in ')}: ${reason}`)
  const more = unseen.length > unseenShown ? `; and ${unseen.length - unseenShown} more` : ''
  return `cannot see ${shown.join('; ')}${more}`
}
