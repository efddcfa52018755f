import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { restUntil, whenAborted } from '@flotilla/shared/lang/rest'
import { reconnectPolicy } from '@flotilla/shared/protocol/close-codes'
import { messageReader } from '@flotilla/shared/protocol/codec'
import { BackOff } from '@flotilla/shared/runtime/back-off'
import type { Log } from '@flotilla/shared/runtime/log'
import type { DesiredFiles } from '../cache/desired.ts'
import type { ClusterCondition } from '../cluster/condition.ts'
import type { ReportOutbox } from '../report/outbox.ts'
import { DialError, dial } from './dial.ts'
import type { AgentIdentity } from './identity.ts'
import { Link, type QueryHandler } from './link.ts'

export interface ChannelOptions {
  readonly hub: string
  readonly identity: AgentIdentity
  readonly cache: DesiredFiles
  readonly outbox: ReportOutbox
  readonly queries: QueryHandler
  readonly condition: ClusterCondition
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly agentVersion: string
  readonly instance: string
  readonly slowMs?: number | undefined
}

/** What the cluster says of itself. */
export interface ClusterIdentity {
  /** Of the namespace kube-system. */
  readonly uid?: string | undefined
  readonly kubernetesVersion?: string | undefined
}

/** What the agent's operator may see of the channel. */
export interface ChannelState {
  readonly connected: boolean
  readonly since: number
  /** Why it is not connected. */
  readonly reason?: string | undefined
}

/** Keeps one session with the hub for as long as the agent runs; whatever happens, it comes back, never in a storm. */
export class Channel {
  readonly #options: ChannelOptions
  readonly #read = messageReader('down')
  readonly #backOff: BackOff
  readonly #stop = new AbortController()
  #link: Link | undefined
  #yield = false
  #cluster: ClusterIdentity | undefined
  #state: ChannelState

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#backOff = new BackOff({ firstMs: 500, maxMs: 30_000 }, options.random)
    this.#state = { connected: false, since: options.clock.now(), reason: 'not connected yet' }
    options.outbox.onWaiting(() => this.#link?.flush())
    options.condition.onChange((changed) => this.#link?.condition(changed))
  }

  get state(): ChannelState {
    return this.#state
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    const { log, clock } = this.#options
    while (!this.#stop.signal.aborted) {
      let slowly = false
      let atLeast = 0
      let reason: string
      try {
        const closed = await this.#session()
        const policy = reconnectPolicy(closed.code)
        slowly = policy.when === 'slowly'
        this.#yield = policy.yield
        // Two that heal one cluster, one of them by an older word, would undo each other's work.
        if (policy.yield) this.#options.cache.standAside(true)
        reason = closed.reason === '' ? `closed (${closed.code})` : closed.reason
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error)
        if (error instanceof DialError) {
          slowly = error.status === 401 || error.status === 403 || error.status === 426
          atLeast = error.retryAfterMs ?? 0
        }
      }
      this.#state = { connected: false, since: clock.now(), reason }
      await this.#options.outbox.save().catch((error: unknown) => log.warn({ err: error }, 'marks of reports not kept'))
      if (this.#stop.signal.aborted) break
      const delay = slowly
        ? (this.#options.slowMs ?? 60_000) * (1 + this.#options.random.next())
        : Math.max(this.#backOff.next(), atLeast * (1 + this.#options.random.next() / 2))
      log.warn(
        { reason, retryInMs: Math.round(delay) },
        'not connected to the hub; the cluster is kept as it was last told',
      )
      await restUntil(clock, delay, whenAborted(this.#stop.signal))
    }
  }

  /** The cluster has said who it is. Who was greeted without that is greeted anew: it may be another's cluster. */
  identify(cluster: ClusterIdentity): void {
    this.#cluster = cluster
    if (cluster.uid !== undefined) this.#link?.close()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#link?.close()
    await this.#link?.closed
  }

  async #session(): Promise<{ code: number; reason: string }> {
    const { hub, identity, clock, log } = this.#options
    const socket = await this.#open()
    if (this.#stop.signal.aborted) {
      socket.terminate()
      return { code: 1001, reason: 'stopping' }
    }
    let stopTimer = (): void => undefined
    const link = new Link({
      ...this.#options,
      socket,
      read: this.#read,
      hello: {
        agentVersion: this.#options.agentVersion,
        instance: this.#options.instance,
        cluster: identity.cluster,
        ...(this.#yield ? { yield: true } : {}),
        ...(this.#cluster?.uid === undefined ? {} : { clusterUid: this.#cluster.uid }),
        ...(this.#cluster?.kubernetesVersion === undefined
          ? {}
          : { kubernetesVersion: this.#cluster.kubernetesVersion }),
      },
      welcomed: (welcome) => {
        this.#state = { connected: true, since: clock.now() }
        this.#options.cache.standAside(false)
        log.info({ hub, cluster: welcome.cluster, unchanged: welcome.resume }, 'connected')
        // A link that breaks at once has not earned an early return.
        stopTimer = clock.after(10_000, () => this.#backOff.reset())
      },
    })
    this.#link = link
    try {
      return await link.closed
    } finally {
      stopTimer()
      this.#link = undefined
    }
  }

  /** Dials with the key, with the next key where a rotation was cut off, and joins where the key is not known yet. */
  async #open() {
    const { hub, identity, clock } = this.#options
    const modes: ('join' | 'key' | 'next')[] = identity.joined ? ['key'] : ['join']
    if (identity.joined && identity.rotating) modes.push('next')
    if (identity.joined && identity.mayJoin) modes.push('join')
    for (const [index, mode] of modes.entries()) {
      try {
        const socket = await dial({
          hub,
          credential: () => identity.credential(mode),
          fingerprint: identity.fingerprint,
          plain: identity.plain,
          clock,
        })
        socket.pause()
        if (mode === 'join') await identity.markJoined()
        if (mode === 'next') await identity.completeRotation()
        // Messages are read once the link listens.
        queueMicrotask(() => socket.resume())
        return socket
      } catch (error) {
        const last = index === modes.length - 1
        if (last || !(error instanceof DialError) || error.status !== 401) throw error
      }
    }
    throw new DialError('no credential')
  }
}
