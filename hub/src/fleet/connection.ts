import type { WebSocket } from 'ws'
import type { Clock } from '@flotilla/shared/lang/clock'
import { sleep } from '@flotilla/shared/lang/rest'
import { CLOSE, type CloseCode } from '@flotilla/shared/protocol/close-codes'
import { Decoder, ProtocolViolation, UP_LIMITS, encode, type Envelope } from '@flotilla/shared/protocol/codec'
import { reportMark, reportText, servedDigest } from '@flotilla/shared/protocol/digest'
import type { Down } from '@flotilla/shared/protocol/down'
import { Session } from '@flotilla/shared/protocol/session'
import type { Hello, Trouble, Up } from '@flotilla/shared/protocol/up'
import { PROTOCOL_VERSION, versionOf } from '@flotilla/shared/protocol/version'
import type { Log } from '@flotilla/shared/runtime/log'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { Feed, type BlobCache } from './feed.ts'
import type { Ledger } from './ledger.ts'
import type { ClusterFacts, DesiredSource, ReportReceiver, SecurityEvent } from './ports.ts'
import { Queries } from './queries.ts'
import type { Identity, Registration } from './registration.ts'

/** Bytes that may wait in a socket before what can wait does. */
const BUFFER_BYTES = 1024 * 1024
/** Bytes with which a connection is given up: the agent reads nothing. */
const BUFFER_LIMIT_BYTES = 64 * 1024 * 1024
/** Messages that an agent may send at once, and each second after. */
const BURST = 5_000
const RATE = 500

export interface ConnectionOptions {
  readonly socket: WebSocket
  readonly identity: Identity
  readonly session: string
  readonly source: DesiredSource
  readonly receiver: ReportReceiver
  readonly registration: Registration
  readonly ledger: Ledger
  readonly blobs: BlobCache
  readonly read: (message: unknown) => Up
  readonly clock: Clock
  readonly heartbeatMs: number
  readonly log: Log
  readonly security: (event: SecurityEvent) => void
  readonly facts: (facts: ClusterFacts) => void
  /** What it was said last that the cluster serves. */
  readonly served: () => readonly string[] | undefined
  /** The cluster cannot be asked, or can be again. */
  readonly trouble: (trouble: Trouble | undefined) => void
  /** May this hello become the cluster's session? Answers the close code and why, where not. */
  readonly admit: (hello: Hello) => Promise<{ code: CloseCode; reason: string } | undefined>
}

/** One agent's session, from its hello to its close. */
export class Connection {
  readonly identity: Identity
  readonly queries: Queries
  readonly #options: ConnectionOptions
  readonly #session: Session
  readonly #decoder = new Decoder(UP_LIMITS)
  readonly #fetches: (readonly { readonly bundle: string; readonly digests?: readonly string[] }[])[] = []
  #feed: Feed | undefined
  #instance = ''
  #greeting = false
  #fetching = false
  #heard: number
  #tokens = BURST
  #refilled: number
  #stopTimer: () => void
  #ackPlanned = false
  #closed = false

  constructor(options: ConnectionOptions) {
    const { socket, clock } = options
    this.#options = options
    this.identity = options.identity
    this.#session = new Session(options.session)
    this.queries = new Queries(clock, (message) => void this.#send(message))
    this.#heard = this.#refilled = clock.now()
    this.#stopTimer = clock.after(10_000, () => this.close(CLOSE.violation, 'no hello'))
    socket.on('message', (data, binary) => this.#message(data as Buffer, binary))
    socket.on('error', (error) => options.log.debug({ err: error }, 'socket error'))
    socket.on('close', () => this.#end())
  }

  get instance(): string {
    return this.#instance
  }

  /** Of the protocol that both sides speak. */
  get version(): number {
    return versionOf(this.#options.socket.protocol) ?? PROTOCOL_VERSION
  }

  get open(): boolean {
    return this.#feed !== undefined && !this.#closed
  }

  close(code: CloseCode, reason: string): void {
    if (this.#closed) return
    this.#end()
    const { socket, clock } = this.#options
    // A reason has 123 bytes at most.
    socket.close(code, Buffer.from(reason).subarray(0, 120).toString().replaceAll('\ufffd', ''))
    clock.after(2_000, () => socket.terminate())
  }

  /** Says why before closing, where the reason is longer than a close frame. */
  refuse(code: CloseCode, reason: string): void {
    this.#sendEnvelope({ m: { type: 'error', code: String(code), message: reason } satisfies Down })
    this.close(code, reason)
  }

  rotateNow(): void {
    this.#send({ type: 'rotate-now' })
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopTimer()
    this.#feed?.close()
    this.queries.close()
  }

  #message(data: Buffer, binary: boolean): void {
    if (this.#closed) return
    this.#heard = this.#options.clock.now()
    try {
      if (binary) throw new ProtocolViolation('binary frame')
      this.#meter()
      const envelope = this.#decoder.decode(data.toString())
      if (envelope !== undefined) this.#arrive(envelope)
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) this.#options.log.error({ err: error }, 'message failed')
      this.#violation(
        error instanceof Error ? error.message : 'malformed',
        error instanceof ProtocolViolation && error.tooBig,
      )
    }
  }

  #violation(message: string, tooBig = false): void {
    this.#options.security({ kind: 'protocol-violation', cluster: this.identity.cluster, message })
    this.close(tooBig ? CLOSE.tooBig : CLOSE.violation, message)
  }

  #meter(): void {
    const now = this.#options.clock.now()
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilled) / 1000) * RATE)
    this.#refilled = now
    if (--this.#tokens < 0) throw new ProtocolViolation('too many messages')
  }

  #arrive(envelope: Envelope): void {
    const { cluster } = this.identity
    const claimed = (envelope.m as { cluster?: unknown } | null | undefined)?.cluster
    if (claimed !== undefined && claimed !== cluster) {
      this.#options.security({ kind: 'identity-mismatch', cluster, message: 'a frame names another cluster' })
      return this.close(CLOSE.violation, 'a frame names another cluster')
    }
    const arrival = this.#session.arrive(envelope)
    if (arrival === 'loose') return this.#loose(this.#options.read(envelope.m))
    if (arrival === 'foreign' || arrival === 'gap') return this.close(CLOSE.gap, `frame is ${arrival}`)
    this.#feed?.acknowledged(this.#session.acknowledged)
    if (arrival === 'duplicate' || envelope.s === undefined) return
    if (this.#feed === undefined) throw new ProtocolViolation('hello comes first')
    this.#fresh(this.#options.read(envelope.m), envelope.s)
  }

  #loose(message: Up): void {
    if (message.type === 'ping') this.#sendEnvelope({ m: { type: 'pong' } })
    else if (message.type === 'hello' && !this.#greeting) {
      this.#greeting = true
      this.#greet(message).catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'greeting failed')
        this.close(CLOSE.tryLater, 'the hub cannot take this agent now')
      })
    } else if (message.type !== 'pong') throw new ProtocolViolation('frame without a number')
  }

  async #greet(hello: Hello): Promise<void> {
    const { source, ledger, blobs, clock, security, heartbeatMs } = this.#options
    const { cluster } = this.identity
    this.#instance = hello.instance
    const objection = await this.#options.admit(hello)
    if (this.#closed) return
    if (objection !== undefined) return this.refuse(objection.code, objection.reason)
    await ledger.open(cluster)
    if (this.#closed) return
    if (source.assignments(cluster) === undefined) return this.close(CLOSE.tryLater, 'the hub is starting')
    this.#options.facts({
      agentVersion: hello.agentVersion,
      ...(hello.kubernetesVersion === undefined ? {} : { kubernetesVersion: hello.kubernetesVersion }),
      ...(hello.clusterUid === undefined ? {} : { clusterUid: hello.clusterUid }),
    })
    this.#feed = new Feed({
      cluster,
      source,
      blobs,
      send: (message) => this.#send(message),
      room: () => this.#room(),
      soon: (callback) => void clock.after(1, callback),
      foreign: (digest) =>
        security({ kind: 'foreign-fetch', cluster, message: `asked for ${digest}, which is not assigned` }),
      removed: (application) => ledger.set(cluster, application, undefined),
    })
    const resume = this.#feed.digest() === hello.desired
    const reported = ledger.digest(cluster) === hello.reports
    if (!reported) ledger.clear(cluster)
    const session = this.#session.name
    const apis = this.#options.served()
    const served = apis === undefined ? {} : { served: servedDigest(apis, sha256) }
    const { version } = this
    this.#sendEnvelope({
      m: { type: 'welcome', session, version, cluster, resume, reported, heartbeatMs, ...served } satisfies Down,
    })
    this.#stopTimer()
    this.#watchOver()
    if (resume) this.#feed.resume()
  }

  #fresh(message: Up, number: number): void {
    switch (message.type) {
      case 'inventory':
        this.#feed?.catchUp(new Map(message.items))
        break
      case 'fetch':
        this.#fetches.push(message.wants)
        void this.#serveFetches()
        break
      case 'refused':
        if (
          this.#options.source.assignment(this.identity.cluster, message.application)?.incarnation ===
          message.incarnation
        )
          this.#options.source.behind?.(this.identity.cluster, message.application, message.held)
        break
      case 'reports':
        void this.#reports(message.reports, number)
        return
      case 'answer':
      case 'failure':
      case 'chunk':
      case 'end':
        this.queries.take(message)
        break
      case 'rotate':
        void this.#rotate(message.key, message.proof)
        break
      case 'facts':
        this.#options.facts({
          ...(message.kubernetesVersion === undefined ? {} : { kubernetesVersion: message.kubernetesVersion }),
          ...(message.apis === undefined ? {} : { apis: message.apis }),
          ...(message.unseen === undefined ? {} : { unseen: message.unseen }),
        })
        if (message.trouble !== undefined) this.#options.trouble(message.trouble ?? undefined)
        break
      case 'hello':
      case 'ping':
      case 'pong':
        throw new ProtocolViolation(`${message.type} has no number`)
    }
    this.#done(number)
  }

  async #serveFetches(): Promise<void> {
    if (this.#fetching) return
    this.#fetching = true
    try {
      for (let wants = this.#fetches.shift(); wants !== undefined; wants = this.#fetches.shift())
        await this.#feed?.fetch(wants)
    } catch (error) {
      this.#options.log.error({ err: error }, 'content could not be read')
      this.close(CLOSE.tryLater, 'content could not be read')
    } finally {
      this.#fetching = false
    }
  }

  async #reports(reports: Extract<Up, { type: 'reports' }>['reports'], number: number): Promise<void> {
    const { source, receiver, ledger, security, log } = this.#options
    const { cluster } = this.identity
    try {
      await Promise.all(
        reports.map(async (report) => {
          const assignment = source.assignment(cluster, report.application)
          if (assignment === undefined && this.#feed?.knew(report.application)) return
          if (assignment === undefined)
            return security({
              kind: 'foreign-report',
              cluster,
              message: 'a report of what is not assigned was dropped',
            })
          if (assignment.incarnation !== report.incarnation) return
          await receiver.report(cluster, report)
          if (!this.#closed) ledger.set(cluster, report.application, reportMark(reportText(report), sha256))
        }),
      )
      this.#done(number)
    } catch (error) {
      log.error({ err: error }, 'reports could not be kept; the agent will repeat them')
      this.close(CLOSE.tryLater, 'reports cannot be kept now')
    }
  }

  async #rotate(key: unknown, proof: string): Promise<void> {
    try {
      const { kid, overlapMs } = await this.#options.registration.rotate(this.identity, key, proof)
      this.#send({ type: 'rotated', kid, overlapMs })
    } catch (error) {
      this.#send({ type: 'error', code: 'rotate', message: error instanceof Error ? error.message : 'refused' })
    }
  }

  #done(number: number): void {
    this.#session.done(number)
    if (this.#ackPlanned || !this.#session.owesAck) return
    this.#ackPlanned = true
    this.#options.clock.after(20, () => {
      this.#ackPlanned = false
      if (!this.#closed && this.#session.owesAck) this.#sendEnvelope(this.#session.ack())
    })
  }

  #send(message: Down): number {
    this.#sendEnvelope(this.#session.number(message))
    return this.#session.sent
  }

  #sendEnvelope(envelope: Envelope): void {
    const { socket } = this.#options
    if (socket.readyState !== socket.OPEN) return
    for (const frame of encode(envelope)) socket.send(frame)
    if (socket.bufferedAmount > BUFFER_LIMIT_BYTES) {
      this.#end()
      socket.terminate()
    }
  }

  async #room(): Promise<void> {
    const { socket, clock } = this.#options
    while (!this.#closed && socket.bufferedAmount > BUFFER_BYTES) await sleep(clock, 20)
  }

  /** The agent speaks at least once a heartbeat; one that is silent is gone, or its network is. */
  #watchOver(): void {
    const { clock, heartbeatMs, registration, socket } = this.#options
    this.#stopTimer = clock.after(heartbeatMs, () => {
      if (this.#closed) return
      if (!registration.valid(this.identity)) return this.close(CLOSE.revoked, 'the key is void')
      if (clock.now() - this.#heard >= 2.5 * heartbeatMs) {
        this.close(CLOSE.silent, 'nothing heard')
        socket.terminate()
        return
      }
      this.#watchOver()
    })
  }
}
