/** Why a channel was closed, as WebSocket close codes. 4000–4999 are free for applications. */
export const CLOSE = {
  going: 1001,
  violation: 1008,
  tooBig: 1009,
  tryLater: 1013,
  /** The agent's keys are void. */
  revoked: 4001,
  /** A newer session of the same identity took over. */
  superseded: 4002,
  /** This cluster is known to the hub under another name, or the name belongs to another cluster. */
  duplicateCluster: 4003,
  /** Nothing was heard for too long. */
  silent: 4004,
  /** A frame is missing, or comes from another session: start over. */
  gap: 4005,
} as const
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

export interface ReconnectPolicy {
  /** `soon`: with the usual back-off; `slowly`: something a person has to settle first. */
  readonly when: 'soon' | 'slowly'
  /** Come back only as second: step aside while another agent of this identity is connected. */
  readonly yield: boolean
}

/** What an agent does after its channel was closed with a code. */
export function reconnectPolicy(code: number): ReconnectPolicy {
  if (code === CLOSE.superseded) return { when: 'slowly', yield: true }
  if (code === CLOSE.revoked || code === CLOSE.duplicateCluster) return { when: 'slowly', yield: false }
  return { when: 'soon', yield: false }
}
