import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { CLOSE } from '@flotilla/shared/protocol/close-codes'
import { FRAME_BYTES, messageReader } from '@flotilla/shared/protocol/codec'
import type { Hello, Trouble } from '@flotilla/shared/protocol/up'
import { chooseVersion, subprotocol } from '@flotilla/shared/protocol/version'
import type { Log } from '@flotilla/shared/runtime/log'
import { Connection } from './connection.ts'
import { BlobCache } from './feed.ts'
import type { Ledger } from './ledger.ts'
import type { DesiredSource, ReportReceiver, SecurityEvent } from './ports.ts'
import type { Presence } from './presence.ts'
import type { Identity, Registration } from './registration.ts'

export const AGENT_PATH = '/agent/v1/channel'
/** Upgrades that are being judged at the same time. */
const MOST_PENDING = 256
/** How long a socket may take to say what it wants. */
const HEADERS_MS = 10_000
/** Refused attempts of one address within a minute before it has to wait. */
const MOST_REFUSALS = 60

export interface GatewayOptions {
  readonly registration: Registration
  readonly presence: Presence
  readonly ledger: Ledger
  readonly source: DesiredSource
  readonly receiver: ReportReceiver
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly security: (event: SecurityEvent) => void
  readonly heartbeatMs?: number | undefined
}

/** Lets agents in: who it is is settled before the upgrade, by its credential alone. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #sockets: WebSocketServer
  readonly #connections = new Map<string, Connection>()
  readonly #all = new Set<Connection>()
  readonly #refusals = new Map<string, { count: number; readonly until: number }>()
  readonly #blobs: BlobCache
  readonly #read = messageReader('up')
  readonly #heartbeatMs: number
  #pending = 0
  #closed = false

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#blobs = new BlobCache(options.source)
    this.#heartbeatMs = options.heartbeatMs ?? 12_000
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: FRAME_BYTES,
      perMessageDeflate: false,
      clientTracking: false,
      skipUTF8Validation: false,
      maxFragments: 64,
      handleProtocols: (offered) => subprotocol(chooseVersion([...offered]) ?? 0),
    })
  }

  /** Serves agents on an HTTP(S) server; other paths are left to others. */
  attach(server: Server): void {
    server.headersTimeout = HEADERS_MS
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (pathOf(request) === AGENT_PATH) this.upgrade(request, socket, head)
    })
  }

  connection(cluster: string): Connection | undefined {
    const connection = this.#connections.get(cluster)
    return connection?.open === true ? connection : undefined
  }

  /** Judges an upgrade request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (this.#closed) return refuse(socket, 503, 'closing', 'the hub is going down', 2)
    if (this.#pending >= MOST_PENDING) return refuse(socket, 503, 'busy', 'too many agents at once', 1)
    this.#pending++
    const stopTimer = this.#options.clock.after(HEADERS_MS, () => socket.destroy())
    this.#judge(request, socket, head)
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'upgrade failed')
        refuse(socket, 503, 'failed', 'the hub cannot take agents now', 5)
      })
      .finally(() => {
        stopTimer()
        this.#pending--
      })
  }

  async #judge(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { registration, source, clock } = this.#options
    const remote = request.socket.remoteAddress ?? ''
    const { origin, cookie, authorization } = request.headers
    if (origin !== undefined || cookie !== undefined)
      return refuse(socket, 403, 'browser', 'this endpoint is for agents, not for browsers')
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    if (chooseVersion(offered) === undefined)
      return refuse(
        socket,
        426,
        'version',
        `no common version of the protocol (offered: ${offered.join(' ').slice(0, 80)})`,
      )
    if (this.#throttled(remote, clock.now())) return refuse(socket, 429, 'throttled', 'too many refused attempts', 60)
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
    const answer = token === undefined ? { refused: 'no credential' } : await registration.authenticate(token, remote)
    if ('refused' in answer) {
      this.#countRefusal(remote, clock.now())
      return refuse(socket, 401, 'unauthenticated', answer.refused)
    }
    if (source.assignments(answer.identity.cluster) === undefined)
      return refuse(socket, 503, 'starting', 'the hub is starting', 2)
    this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, answer.identity, remote))
  }

  #accept(socket: import('ws').WebSocket, identity: Identity, remote: string): void {
    const { cluster } = identity
    const { presence, ledger, random, log, registration } = this.#options
    const connection: Connection = new Connection({
      ...this.#options,
      socket,
      identity,
      session: Buffer.from(random.bytes(9)).toString('base64url'),
      blobs: this.#blobs,
      read: this.#read,
      heartbeatMs: this.#heartbeatMs,
      log: log.child({ cluster }),
      facts: (facts) => presence.facts(cluster, facts),
      served: () => presence.get(cluster).facts?.apis,
      trouble: (trouble) => this.#trouble(cluster, trouble),
      admit: (hello) => this.#admit(connection, hello, remote),
    })
    this.#all.add(connection)
    if (!registration.valid(identity)) connection.close(CLOSE.revoked, 'the key is void')
    socket.on('close', () => {
      this.#all.delete(connection)
      // A newer session has taken over where this is not the current one: then nothing ends.
      if (this.#connections.get(cluster) !== connection) return
      this.#connections.delete(cluster)
      if (presence.get(cluster).state === 'connected') presence.turn(cluster, 'unknown')
      log.info({ cluster }, 'agent disconnected')
      ledger.close(cluster).catch((error: unknown) => log.error({ err: error, cluster }, 'marks of reports not kept'))
    })
  }

  async #admit(connection: Connection, hello: Hello, remote: string) {
    const { registration, presence, security, log } = this.#options
    const { cluster } = connection.identity
    if (hello.clusterUid !== undefined) {
      const objection = await registration.bindUid(cluster, hello.clusterUid)
      if (objection !== undefined) {
        security({ kind: 'duplicate-cluster', cluster, message: objection, remote })
        presence.warn(cluster, objection)
        return { code: CLOSE.duplicateCluster, reason: objection }
      }
    }
    if (!registration.valid(connection.identity)) return { code: CLOSE.revoked, reason: 'the key is void' }
    const other = this.#connections.get(cluster)
    if (other !== undefined && other.open && other.instance !== hello.instance) {
      const warning = `two agents use the identity of cluster '${cluster}': stop one of them, or revoke the cluster`
      security({ kind: 'superseded', cluster, message: warning, remote })
      presence.warn(cluster, warning)
      if (hello.yield === true) return { code: CLOSE.superseded, reason: warning }
      other.refuse(CLOSE.superseded, warning)
    } else {
      other?.close(CLOSE.superseded, 'a newer session of this agent took over')
      presence.warn(cluster, undefined)
    }
    this.#connections.set(cluster, connection)
    // Before it counts as connected: what was last told of a cluster that does not answer must not look fresh.
    this.#trouble(cluster, hello.trouble)
    presence.facts(cluster, { unseen: undefined })
    presence.turn(cluster, 'connected')
    log.info({ cluster, agentVersion: hello.agentVersion }, 'agent connected')
    return undefined
  }

  #trouble(cluster: string, trouble: Trouble | undefined): void {
    const { presence, clock, log } = this.#options
    const since = clock.now() - (trouble?.forMs ?? 0)
    const before = presence.get(cluster).trouble
    if (trouble) log.warn({ cluster, message: trouble.message }, 'the cluster does not answer its agent')
    else if (before) log.info({ cluster }, 'the cluster answers its agent again')
    presence.trouble(cluster, trouble && { since: before?.since ?? since, message: trouble.message })
  }

  /** Cuts what a cluster has, now: also what is still being greeted. */
  cut(cluster: string, reason: string): void {
    for (const connection of this.#all)
      if (connection.identity.cluster === cluster) connection.close(CLOSE.revoked, reason)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const connection of this.#all) connection.close(CLOSE.going, 'the hub is going down')
    for (const cluster of this.#connections.keys()) await this.#options.ledger.close(cluster)
    this.#connections.clear()
    this.#sockets.close()
  }

  #throttled(remote: string, now: number): boolean {
    const refusals = this.#refusals.get(remote)
    return refusals !== undefined && refusals.until > now && refusals.count >= MOST_REFUSALS
  }

  #countRefusal(remote: string, now: number): void {
    for (const [address, { until }] of this.#refusals) {
      if (until > now && this.#refusals.size < 10_000) break
      this.#refusals.delete(address)
    }
    const refusals = this.#refusals.get(remote)
    if (refusals !== undefined && refusals.until > now) refusals.count++
    else this.#refusals.set(remote, { count: 1, until: now + 60_000 })
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

function refuse(socket: Duplex, status: number, code: string, message: string, retryAfter?: number): void {
  const body = JSON.stringify({ code, message })
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
      '',
      body,
    ].join('\r\n'),
  )
}
