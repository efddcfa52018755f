import type { Assignment } from '@flotilla/shared/protocol/desired'
import type { Query } from '@flotilla/shared/protocol/query'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'

/** What the fleet asks of the applications: the desired state of each cluster, by the cluster's name. */
export interface DesiredSource {
  /**
   * All assignments of a cluster. `undefined` while they are not known (the hub is still starting): the agent is then
   * told to come back, because "not known" must never look like "none".
   */
  assignments(cluster: string): readonly Assignment[] | undefined
  assignment(cluster: string, application: string): Assignment | undefined
  /** Calls back with the name of an application whose assignment came, changed or went. The answer unsubscribes. */
  watch(cluster: string, changed: (application: string) => void): () => void
  /** Whether a cluster's assignments name a bundle, as what is desired or as what an operation is to bring. */
  isAssigned(cluster: string, bundle: string): boolean
  /** The canonical JSON of a bundle, of settings or of a manifest; its sha256 is the digest. */
  blob(digest: string): Promise<string | undefined>
  /** An agent holds a newer generation than it was sent (the hub was restored from a backup): go beyond `generation`. */
  behind?(cluster: string, application: string, generation: number): void
}

/** Takes what agents say. Only reports of what is assigned to the cluster get here, with the incarnation that is assigned. */
export interface ReportReceiver {
  /** Resolves once the report cannot be lost; it is acknowledged then. */
  report(cluster: string, report: ApplicationReport): void | Promise<void>
}

/** Facts that an agent states about its cluster: shown to people and used to render, never to select. */
export interface ClusterFacts {
  readonly kubernetesVersion?: string | undefined
  /** `apps/v1`, `apps/v1/Deployment`, … */
  readonly apis?: readonly string[] | undefined
  readonly agentVersion?: string | undefined
  readonly clusterUid?: string | undefined
  /** Kinds (`group/kind`) that the agent cannot see for now, and why. */
  readonly unseen?: readonly (readonly [kind: string, reason: string])[] | undefined
}

export interface ClusterPresence {
  /** `pending`: no agent has joined yet; `unknown`: joined, but away. */
  readonly state: 'connected' | 'unknown' | 'pending' | 'revoked'
  /** Milliseconds since the epoch of the last change of state. */
  readonly since: number
  readonly facts?: ClusterFacts | undefined
  /** The agent cannot ask the cluster: what it told before is old. Milliseconds since the epoch. */
  readonly trouble?: { readonly since: number; readonly message: string } | undefined
  /** What an operator should know: two agents with one identity, one cluster under two names, … */
  readonly warning?: string | undefined
}

export interface JoinInstructions {
  readonly name: string
  readonly server: string
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** For a shell: runs an agent beside a kubeconfig. */
  readonly command: string
  /** For `kubectl apply -f -`: installs the agent in the cluster. */
  readonly manifest: string
}

export interface AddClusterOptions {
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly project?: string | undefined
  /** How long the token may be used; at most a day. */
  readonly ttlMs?: number | undefined
  /** The new agent takes the place of one that has joined already; its keys die when the new one joins. */
  readonly replace?: boolean | undefined
}

/** The clusters and their agents, for the rest of the hub. Clusters are named as in their Secrets. */
export interface Fleet {
  connected(cluster: string): boolean
  presence(cluster: string): ClusterPresence
  /** Calls back when the presence of a cluster changed. The answer unsubscribes. */
  onPresence(listener: (cluster: string, presence: ClusterPresence) => void): () => void
  /** Asks an agent. Throws `FleetError` (`disconnected`, `timeout`, `not-found`, `forbidden`, `failed`). */
  query(cluster: string, query: Query, options?: QueryOptions): Promise<unknown>
  /** The chunks of a streamed answer; ends when the agent ends it, the signal aborts it, or the link goes (throws). */
  stream(cluster: string, query: Query, options?: QueryOptions): AsyncIterable<unknown>
  /** Creates the cluster's Secret (or keeps the one there is) and a token to join with. */
  addCluster(name: string, options?: AddClusterOptions): Promise<JoinInstructions>
  /** Asks the agent to replace its key. Throws `FleetError` where it is away. */
  rotate(cluster: string): void
  /** The agent's keys are void and its connection is cut; the cluster stays listed. */
  revoke(cluster: string): Promise<void>
  /** Revokes, and remembers nothing of the cluster any more; its Secret is another's to delete. */
  forget(cluster: string): Promise<void>
  /** Every cluster of which something is remembered. */
  registered(): readonly string[]
}

export interface QueryOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type FleetErrorCode =
  | 'disconnected'
  | 'timeout'
  | 'cancelled'
  | 'not-found'
  | 'forbidden'
  | 'invalid'
  | 'conflict'
  | 'failed'

/** Why a cluster could not be asked or changed. */
export class FleetError extends Error {
  readonly code: FleetErrorCode

  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FleetError'
    this.code = code
  }
}

/** Something that a security log should hold; never carries a secret. */
export interface SecurityEvent {
  readonly kind:
    | 'join-refused'
    | 'joined'
    | 'authentication-refused'
    | 'revoked'
    | 'key-rotated'
    | 'foreign-report'
    | 'foreign-fetch'
    | 'identity-mismatch'
    | 'protocol-violation'
    | 'superseded'
    | 'duplicate-cluster'
  readonly cluster?: string | undefined
  readonly message: string
  readonly remote?: string | undefined
}
