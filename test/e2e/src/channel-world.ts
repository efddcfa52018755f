import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgent, type Agent, type Engine, type EngineParts } from '@flotilla/agent/agent'
import { ownCertificate } from '@flotilla/hub/fleet/certificate'
import { createFleet, type RunningFleet } from '@flotilla/hub/fleet/fleet'
import type { SecurityEvent } from '@flotilla/hub/fleet/ports'
import { DesiredTable } from '@flotilla/hub/fleet/testing/desired-table'
import { MemoryRecords } from '@flotilla/hub/fleet/testing/memory-records'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Assignment } from '@flotilla/shared/protocol/desired'
import type { Query } from '@flotilla/shared/protocol/query'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'

/** An engine that reports what it is told and touches no cluster. */
export class EchoEngine implements Engine {
  readonly parts: EngineParts
  readonly changes: string[] = []

  constructor(parts: EngineParts) {
    this.parts = parts
    parts.cache.onChange((application) => {
      this.changes.push(application)
      const assignment = parts.cache.assignment(application)
      if (assignment !== undefined) parts.reports.report(reportOf(assignment))
    })
  }
  async start(): Promise<void> {
    for (const assignment of this.parts.cache.applications()) this.parts.reports.report(reportOf(assignment))
  }
  async stop(): Promise<void> {}
  async answer(query: Query, signal: AbortSignal): Promise<unknown> {
    if (query.type === 'cluster-info') return { gitVersion: 'v1.36.1', apis: [] }
    if (query.type === 'live') return { apiVersion: 'v1', kind: 'Secret', data: { password: 'aHVudGVyMg==' } }
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled'))))
  }
  async *stream(): AsyncIterable<unknown> {
    for (let line = 1; line <= 3; line++) yield { line }
  }
}

export function reportOf(assignment: Assignment): ApplicationReport {
  return {
    application: assignment.application,
    incarnation: assignment.incarnation,
    generation: assignment.generation,
    sync: 'Synced',
    revisions: [],
    health: { status: 'Healthy' },
    resources: [],
    conditions: [],
    images: [],
    externalURLs: [],
    reconciledAt: new Date(0).toISOString(),
  }
}

/** A hub's fleet on a loopback socket, over TLS unless told otherwise. */
export class ChannelWorld implements AsyncDisposable {
  readonly table = new DesiredTable()
  readonly records: MemoryRecords
  readonly events: SecurityEvent[] = []
  readonly reports: { cluster: string; report: ApplicationReport }[] = []
  readonly secrets = new Map<string, KubeObject>()
  readonly directory: string
  fleet!: RunningFleet
  url = ''
  fingerprint: string | undefined
  readonly #closers: (() => Promise<void>)[] = []
  #stopHub: () => Promise<void> = async () => undefined
  #agents = 0

  private constructor(directory: string, records: MemoryRecords) {
    this.directory = directory
    this.records = records
  }

  static async open(options: { readonly tls?: boolean } = {}): Promise<ChannelWorld> {
    const world = new ChannelWorld(await mkdtemp(join(tmpdir(), 'flotilla-channel-')), new MemoryRecords())
    await world.startHub(0, options.tls ?? true)
    return world
  }

  async startHub(port: number, tls = true): Promise<void> {
    const certificate = tls ? await ownCertificate(this.directory, ['127.0.0.1'], realClock) : undefined
    this.fingerprint = certificate?.fingerprint
    const server = certificate === undefined ? createServer() : createTlsServer(certificate)
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    this.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.fleet = await createFleet({
      records: this.records,
      objects: this.#objects(),
      source: this.table,
      receiver: { report: (cluster, report) => void this.reports.push({ cluster, report }) },
      clock: realClock,
      random: realRandom,
      log: silentLog(),
      address: () => ({ url: this.url, fingerprint: this.fingerprint, plain: !tls }),
      security: (event) => void this.events.push(event),
      heartbeatMs: 2_000,
    })
    this.fleet.attach(server)
    const fleet = this.fleet
    this.#stopHub = async () => {
      await fleet.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  stopHub(): Promise<void> {
    return this.#stopHub()
  }

  async agent(options: {
    readonly token?: string
    readonly state?: string
    readonly hub?: string
    readonly uid?: string
    /** How far its clock is ahead of the hub's. */
    readonly aheadMs?: number
  }): Promise<{ agent: Agent; engine: EchoEngine; state: string }> {
    const state = options.state ?? join(this.directory, `agent-${this.#agents++}`)
    let engine!: EchoEngine
    const agent = await createAgent({
      hub: options.hub ?? this.url,
      token: options.token,
      state,
      engine: (parts) => (engine = new EchoEngine(parts)),
      cluster: async () => ({ uid: options.uid }),
      clock: { ...realClock, now: () => realClock.now() + (options.aheadMs ?? 0) },
      random: realRandom,
      log: silentLog(),
      slowMs: 300,
    })
    this.#closers.push(() => agent.close())
    return { agent, engine, state }
  }

  async join(cluster: string): Promise<{ agent: Agent; engine: EchoEngine; state: string; token: string }> {
    const { token } = await this.fleet.addCluster(cluster)
    const joined = await this.agent({ token })
    await until(() => this.fleet.connected(cluster))
    return { ...joined, token }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()))
    await this.#stopHub()
    await rm(this.directory, { recursive: true, force: true })
  }

  #objects(): Objects {
    const name = (object: KubeObject): string => object.metadata.name ?? ''
    return {
      create: async (_: unknown, object: KubeObject) => {
        if (this.secrets.has(name(object))) throw Object.assign(new Error('exists'), { reason: 'AlreadyExists' })
        this.secrets.set(name(object), object)
        return object
      },
      patch: async (ref: { name: string }) => this.secrets.get(ref.name),
      delete: async (ref: { name: string }) => void this.secrets.delete(ref.name),
    } as unknown as Objects
  }
}

/** Waits until something is so; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

export function assignmentOf(
  world: ChannelWorld,
  application: string,
  manifests: readonly unknown[],
  generation = 1,
): Assignment {
  return { application, incarnation: `uid-${application}`, generation, bundle: world.table.bundle(manifests) }
}
