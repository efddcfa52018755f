import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { WebSocket } from 'ws'
import type { Clock } from '@flotilla/shared/lang/clock'
import { sleep } from '@flotilla/shared/lang/rest'
import { CLOSE } from '@flotilla/shared/protocol/close-codes'
import { DOWN_LIMITS, Decoder, ProtocolViolation, encode, type Envelope } from '@flotilla/shared/protocol/codec'
import { servedDigest, setDigest } from '@flotilla/shared/protocol/digest'
import type { Down, Welcome } from '@flotilla/shared/protocol/down'
import type { Query } from '@flotilla/shared/protocol/query'
import { Session } from '@flotilla/shared/protocol/session'
import type { Hello, Up } from '@flotilla/shared/protocol/up'
import { versionOf } from '@flotilla/shared/protocol/version'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { Log } from '@flotilla/shared/runtime/log'
import type { DesiredFiles, Want } from '../cache/desired.ts'
import type { ClusterCondition, Condition } from '../cluster/condition.ts'
import { maskSecrets } from '../report/mask.ts'
import type { ReportOutbox } from '../report/outbox.ts'
import type { Trouble } from '../cluster/reach.ts'
import type { AgentIdentity } from './identity.ts'

const unpack = promisify(gunzip)
const BUFFER_BYTES = 1024 * 1024
/** More kinds than any cluster has. */
const MOST_APIS = 20_000
/** Reports gather for a moment: a message costs both sides more than what is in it. */
const GATHER_MS = 10
/** The hub waits for acknowledgements only where it has sent much. */
const ACK_MS = 20
/** A manifest is never longer: what claims to be is not unpacked. */
const MOST_UNPACKED = 64 * 1024 * 1024

/** Answers what the hub asks on a user's behalf. */
export interface QueryHandler {
  answer(query: Query, signal: AbortSignal): Promise<unknown>
  stream(query: Query, signal: AbortSignal): AsyncIterable<unknown>
}

export interface LinkOptions {
  readonly socket: WebSocket
  readonly cache: DesiredFiles
  readonly outbox: ReportOutbox
  readonly identity: AgentIdentity
  readonly queries: QueryHandler
  readonly condition: ClusterCondition
  readonly read: (message: unknown) => Down
  readonly clock: Clock
  readonly log: Log
  readonly hello: Omit<Hello, 'type' | 'desired' | 'reports'>
  readonly welcomed: (welcome: Welcome) => void
}

/** One session with the hub; `closed` resolves with the close code, never rejects. */
export class Link {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #options: LinkOptions
  readonly #decoder = new Decoder(DOWN_LIMITS)
  readonly #running = new Map<number, AbortController>()
  #session: Session | undefined
  #work: Promise<void> = Promise.resolve()
  #told = false
  /** The hub is one that takes word of the cluster as a whole. */
  readonly #speaksOfCluster: boolean
  readonly #toldTrouble: Trouble | undefined
  #complaint = ''
  #heard: number
  #spoke: number
  #stopTimer: () => void
  #planned = false
  #ackPlanned = false
  #ended = false

  constructor(options: LinkOptions) {
    const { socket, clock, cache, outbox, hello } = options
    this.#options = options
    this.#heard = this.#spoke = clock.now()
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#end()
        resolve({ code, reason: this.#complaint === '' ? reason.toString() : this.#complaint })
      })
    })
    socket.on('error', (error) => options.log.debug({ err: error }, 'socket error'))
    socket.on('message', (data, binary) => this.#message(data as Buffer, binary))
    this.#stopTimer = clock.after(20_000, () => this.#drop(CLOSE.silent, 'no welcome'))
    this.#speaksOfCluster = (versionOf(socket.protocol) ?? 1) >= 2
    const { trouble } = options.condition.now
    this.#toldTrouble = trouble
    const told = this.#speaksOfCluster && trouble ? { trouble: this.#inWords(trouble) } : {}
    this.#envelope({
      m: {
        type: 'hello',
        ...hello,
        ...told,
        desired: setDigest(cache.marks(), sha256),
        reports: outbox.digest(),
      } satisfies Up,
    })
  }

  close(): void {
    this.#drop(CLOSE.going, 'the agent is going down')
  }

  /** Tells how the cluster is; until the welcome that waits. */
  condition(changed: Partial<Condition>): void {
    if (this.#session === undefined || !this.#speaksOfCluster) return
    const { trouble, unseen, apis, kubernetesVersion } = changed
    this.#send({
      type: 'facts',
      ...(apis && { apis: apis.slice(0, MOST_APIS) }),
      ...(kubernetesVersion !== undefined && { kubernetesVersion }),
      ...('trouble' in changed && { trouble: trouble ? this.#inWords(trouble) : null }),
      ...(unseen && { unseen: unseen.map(([kind, reason]): [string, string] => [kind, reason.slice(0, 500)]) }),
    })
  }

  #inWords({ since, message }: Trouble) {
    return { forMs: Math.max(0, Math.round(this.#options.clock.now() - since)), message: message.slice(0, 1000) }
  }

  /** Replaces the agent's key. */
  async rotate(): Promise<void> {
    const { key, proof } = await this.#options.identity.prepareRotation()
    this.#send({ type: 'rotate', key, proof })
  }

  /** Sends reports that wait, if there is room. */
  flush(): void {
    if (this.#planned || this.#session === undefined || this.#ended) return
    this.#planned = true
    const { clock, outbox, socket } = this.#options
    clock.after(socket.bufferedAmount > BUFFER_BYTES ? 50 : GATHER_MS, () => {
      this.#planned = false
      if (this.#ended) return
      if (socket.bufferedAmount <= BUFFER_BYTES) outbox.flush((reports) => this.#sendReports(reports))
      if (outbox.waiting > 0) this.flush()
    })
  }

  #message(data: Buffer, binary: boolean): void {
    if (this.#ended) return
    this.#heard = this.#options.clock.now()
    try {
      if (binary) throw new ProtocolViolation('binary frame')
      const envelope = this.#decoder.decode(data.toString())
      if (envelope !== undefined) this.#arrive(envelope)
    } catch (error) {
      this.#options.log.error({ err: error }, 'the hub does not keep to the protocol')
      this.#drop(CLOSE.violation, error instanceof Error ? error.message : 'malformed')
    }
  }

  #arrive(envelope: Envelope): void {
    if (envelope.n === undefined) return this.#loose(this.#options.read(envelope.m))
    const session = this.#session
    if (session === undefined) throw new ProtocolViolation('welcome comes first')
    const arrival = session.arrive(envelope)
    if (arrival === 'foreign' || arrival === 'gap' || arrival === 'loose')
      return this.#drop(CLOSE.gap, `frame is ${arrival}`)
    this.#options.outbox.acknowledged(session.acknowledged)
    const number = envelope.s
    if (arrival === 'duplicate' || number === undefined) return
    const message = this.#options.read(envelope.m)
    // What changes the cache is done in order; a query must not wait for it, nor it for a query.
    if (message.type === 'query' || message.type === 'cancel') {
      this.#query(message)
      return this.#done(number)
    }
    const failed = (error: unknown): void => {
      this.#options.log.error({ err: error }, 'what the hub sent could not be kept')
      this.#drop(CLOSE.tryLater, 'cannot keep it')
    }
    this.#work = this.#work
      .then(() => (this.#ended ? undefined : this.#act(message)))
      .then(() => {
        // Acknowledged once it is on disk; what follows need not wait for that.
        this.#options.cache.flush().then(() => this.#done(number), failed)
      }, failed)
  }

  #loose(message: Down): void {
    if (message.type === 'ping') this.#envelope({ m: { type: 'pong' } })
    else if (message.type === 'error') {
      this.#complaint = message.message
      this.#options.log.error({ code: message.code }, message.message)
    } else if (message.type === 'welcome') this.#welcome(message)
    else if (message.type !== 'pong') throw new ProtocolViolation('frame without a number')
  }

  #welcome(welcome: Welcome): void {
    const { cache, outbox } = this.#options
    if (this.#session !== undefined) throw new ProtocolViolation('welcomed twice')
    this.#session = new Session(welcome.session)
    this.#stopTimer()
    this.#heartbeat(welcome.heartbeatMs)
    outbox.begin(welcome.reported)
    if (welcome.resume) {
      this.#told = true
      cache.markReady()
    } else this.#send({ type: 'inventory', items: [...cache.marks()] })
    this.#options.welcomed(welcome)
    const { trouble, unseen, apis } = this.#options.condition.now
    if (trouble !== this.#toldTrouble) this.condition({ trouble })
    if (apis && servedDigest(apis, sha256) !== welcome.served) this.condition({ apis })
    if (unseen.length > 0) this.condition({ unseen })
    if (outbox.waiting > 0) this.flush()
  }

  async #act(message: Exclude<Down, { type: 'query' | 'cancel' }>): Promise<void> {
    const { cache, identity, log } = this.#options
    switch (message.type) {
      case 'assign': {
        const { wants, refused } = cache.assign(message.assignments)
        for (const { assignment, held } of refused)
          this.#send({
            type: 'refused',
            application: assignment.application,
            incarnation: assignment.incarnation,
            held,
          })
        cache.remove(message.removed.map(({ application }) => application))
        for (const { application } of message.removed) this.#options.outbox.forget(application)
        this.#told ||= message.complete
        return this.#settle(wants)
      }
      case 'blobs': {
        const blobs = await Promise.all(
          message.items.map(async ({ digest, encoding, data }) => ({
            digest,
            text: encoding === 'text' ? data : await inflate(data),
          })),
        )
        if (message.missing.length > 0)
          log.warn({ missing: message.missing.slice(0, 10) }, 'the hub lacks content; the state before stays')
        const missing = new Set(message.missing)
        // Whoever is told to use it once more asks once more.
        for (const digest of missing) this.#asked.delete(digest)
        return this.#settle(blobs.length === 0 ? [] : cache.addBlobs(blobs), missing)
      }
      case 'rotated':
        await identity.completeRotation()
        return
      case 'rotate-now':
        return this.rotate()
      case 'error':
        log.warn({ code: message.code }, message.message)
        return
      default:
        throw new ProtocolViolation(`${message.type} has no number`)
    }
  }

  readonly #asked = new Set<string>()

  /** Asks for what is wanted and not asked for yet. */
  #settle(wants: readonly Want[], missing: ReadonlySet<string> = new Set()): void {
    const { cache } = this.#options
    const fresh: Want[] = []
    for (const want of wants) {
      const digests = (want.digests ?? [want.bundle]).filter(
        (digest) => !this.#asked.has(digest) && !missing.has(digest),
      )
      for (const digest of digests) this.#asked.add(digest)
      if (digests.length > 0) fresh.push(want.digests === undefined ? want : { bundle: want.bundle, digests })
    }
    if (fresh.length > 0) this.#send({ type: 'fetch', wants: fresh })
    if (this.#told) cache.markReady()
    if (!cache.waits()) this.#asked.clear()
  }

  #query(message: Extract<Down, { type: 'query' | 'cancel' }>): void {
    const { id } = message
    if (message.type === 'cancel') return this.#running.get(id)?.abort()
    const controller = new AbortController()
    this.#running.set(id, controller)
    this.#answer(id, message.query, message.stream, controller.signal)
      .catch((error: unknown) => {
        const code = (error as { code?: unknown }).code
        this.#send({
          type: 'failure',
          id,
          code: typeof code === 'string' ? code : 'failed',
          message: error instanceof Error ? error.message : String(error),
        })
      })
      .finally(() => this.#running.delete(id))
  }

  async #answer(id: number, query: Query, stream: boolean, signal: AbortSignal): Promise<void> {
    const { queries, socket, clock } = this.#options
    if (!stream) {
      const result = maskSecrets(await queries.answer(query, signal))
      this.#send({ type: 'answer', id, result: result ?? null })
      return
    }
    for await (const data of queries.stream(query, signal)) {
      while (!this.#ended && socket.bufferedAmount > BUFFER_BYTES) await sleep(clock, 20)
      if (this.#ended || signal.aborted) return
      this.#send({ type: 'chunk', id, data: maskSecrets(data) })
    }
    this.#send({ type: 'end', id })
  }

  #done(number: number): void {
    const session = this.#session
    session?.done(number)
    if (this.#ackPlanned || session?.owesAck !== true) return
    this.#ackPlanned = true
    // Whatever is said in the meantime acknowledges, too.
    this.#options.clock.after(ACK_MS, () => {
      this.#ackPlanned = false
      if (session.owesAck && !this.#ended) this.#envelope(session.ack())
    })
  }

  #send(message: Up): number {
    if (this.#session === undefined) return 0
    this.#envelope(this.#session.number(message))
    return this.#session.sent
  }

  /** Reports are kept as text and travel as it. */
  #sendReports(reports: readonly string[]): number {
    if (this.#session === undefined) return 0
    this.#envelope(this.#session.number(undefined), `{"type":"reports","reports":[${reports.join(',')}]}`)
    return this.#session.sent
  }

  #envelope(envelope: Envelope, message?: string): void {
    const { socket, clock } = this.#options
    if (socket.readyState !== socket.OPEN) return
    this.#spoke = clock.now()
    for (const frame of encode(envelope, message)) socket.send(frame)
  }

  /** Speaks when nothing else was said; a hub that is silent is gone, or the network is. */
  #heartbeat(ms: number): void {
    const { clock } = this.#options
    this.#stopTimer = clock.after(ms, () => {
      const now = clock.now()
      if (now - this.#heard >= 2.5 * ms) return this.#drop(CLOSE.silent, 'nothing heard')
      if (now - Math.min(this.#spoke, this.#heard) >= ms / 2) this.#envelope({ m: { type: 'ping' } })
      this.#heartbeat(ms)
    })
  }

  #drop(code: number, reason: string): void {
    if (this.#ended) return
    this.#end()
    const { socket, clock } = this.#options
    socket.close(code, reason.slice(0, 100))
    clock.after(1_000, () => socket.terminate())
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopTimer()
    for (const controller of this.#running.values()) controller.abort()
  }
}

async function inflate(data: string): Promise<string> {
  return (await unpack(Buffer.from(data, 'base64'), { maxOutputLength: MOST_UNPACKED })).toString()
}
