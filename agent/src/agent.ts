import { join } from 'node:path'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { restUntil, whenAborted } from '@flotilla/shared/lang/rest'
import type { Log } from '@flotilla/shared/runtime/log'
import { DesiredFiles } from './cache/desired.ts'
import { Channel, type ChannelState, type ClusterIdentity } from './channel/connect.ts'
import { ClusterCondition } from './cluster/condition.ts'
import { AgentIdentity } from './channel/identity.ts'
import type { QueryHandler } from './channel/link.ts'
import type { DesiredCache, ReportSink } from './desired.ts'
import { localPolicy, type PolicyFile } from './local-policy.ts'
import type { Policy } from './policy.ts'
import { ReportOutbox } from './report/outbox.ts'

/** What acts on the cache: syncs, heals, reports, answers. It never hears of the channel. */
export interface Engine extends QueryHandler {
  start(): Promise<void>
  stop(): Promise<void>
}

export interface EngineParts {
  readonly cache: DesiredCache
  readonly reports: ReportSink
  readonly policy: Policy
  /** Where the engine says what the hub should know of the cluster as a whole. */
  readonly condition: ClusterCondition
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface AgentOptions {
  readonly hub: string
  readonly token?: string | undefined
  /** A folder of the agent's own: its key, its cache. */
  readonly state: string
  readonly engine: (parts: EngineParts) => Engine
  /** Asked at the start, until it answers; the hub learns of it when it does. */
  readonly cluster?: (() => Promise<ClusterIdentity>) | undefined
  readonly policy?: PolicyFile | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly version?: string | undefined
  /** How long to wait where a person has to act first (revoked, two agents with one identity). */
  readonly slowMs?: number | undefined
}

export interface Agent extends AsyncDisposable {
  readonly cluster: string
  readonly cache: DesiredCache
  channel(): ChannelState
  close(): Promise<void>
}

/** So long the first connection waits for the cluster to say who it is; what it says later is told by a new one. */
const identityMs = 2_000
const askAgainMs = 5_000

/** Asks the cluster who it is until it says so. */
async function identify({ cluster, clock, log }: AgentOptions, channel: Channel, signal: AbortSignal): Promise<void> {
  while (cluster && !signal.aborted) {
    try {
      return channel.identify(await cluster())
    } catch (error) {
      log.warn({ err: error }, 'the cluster did not say who it is')
      await restUntil(clock, askAgainMs, whenAborted(signal))
    }
  }
}

/** Wires an agent and starts it. It resolves without waiting for the hub: what is cached is kept up at once. */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  const { state, clock, random, log } = options
  const identity = await AgentIdentity.open({ state, token: options.token, clock, random })
  const cache = await DesiredFiles.open(join(state, 'cache'), clock, log)
  const outbox = await ReportOutbox.open(join(state, 'reported.json'), clock)
  const policy = localPolicy(options.policy ?? {})
  const condition = new ClusterCondition()
  const engine = options.engine({ cache, reports: outbox, policy, condition, clock, random, log })
  await engine.start()
  const channel = new Channel({
    hub: options.hub,
    identity,
    cache,
    outbox,
    queries: engine,
    condition,
    clock,
    random,
    log,
    agentVersion: options.version ?? '0.1.0',
    instance: random.uuid(),
    slowMs: options.slowMs,
  })
  const asking = new AbortController()
  const asked = identify(options, channel, asking.signal)
  await Promise.race([asked, restUntil(clock, identityMs, whenAborted(asking.signal))])
  const running = channel.run()
  let stopCollecting = (): void => undefined
  const collect = (): void => {
    stopCollecting = clock.after(10 * 60 * 1000, () => {
      cache.collect()
      collect()
    })
  }
  collect()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      stopCollecting()
      asking.abort()
      await channel.stop()
      await running
      await engine.stop()
      await outbox.save()
      await cache.close()
    })())
  return { cluster: identity.cluster, cache, channel: () => channel.state, close, [Symbol.asyncDispose]: close }
}
