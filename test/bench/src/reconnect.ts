import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { AgentIdentity } from '@flotilla/agent/channel/identity'
import { createFleet } from '@flotilla/hub/fleet/fleet'
import { DesiredTable } from '@flotilla/hub/fleet/testing/desired-table'
import { MemoryRecords } from '@flotilla/hub/fleet/testing/memory-records'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { assignmentMark, setDigest } from '@flotilla/shared/protocol/digest'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { sha256 } from '@flotilla/shared/runtime/sha256'

/** What the reconnection of a whole fleet took. */
export interface ReconnectResult {
  readonly agents: number
  readonly applicationsEach: number
  readonly wallMs: number
  readonly cpuMs: number
  /** Messages that hub and agents exchanged besides hello and welcome. */
  readonly extraMessages: number
  /** Hub and agents share the process: an upper bound of what the hub keeps for one. */
  readonly bytesPerConnection: number
}

/**
 * Agents that were in sync lose their hub and come back at once: real credentials, real sockets, real sessions over
 * the loopback; no engine behind them.
 */
export async function benchReconnect(agents: number, applicationsEach: number): Promise<ReconnectResult> {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-reconnect-'))
  const table = new DesiredTable()
  const records = new MemoryRecords()
  const bundle = table.bundle([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }])
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', 4096, resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fleet = await createFleet({
    records,
    objects: { create: async (_: unknown, object: unknown) => object } as unknown as Objects,
    source: table,
    receiver: { report: () => undefined },
    clock: realClock,
    random: realRandom,
    log: silentLog(),
    address: () => ({ url, plain: true }),
  })
  fleet.attach(server)
  try {
    const members: { readonly identity: AgentIdentity; readonly desired: string }[] = []
    for (let index = 0; index < agents; index++) {
      const cluster = `c${index}`
      for (let n = 0; n < applicationsEach; n++)
        table.assign(cluster, { application: `argocd/a${n}`, incarnation: `u${index}-${n}`, generation: 1, bundle })
      const { token } = await fleet.addCluster(cluster)
      const state = join(directory, cluster)
      const identity = await AgentIdentity.open({ state, token, clock: realClock, random: realRandom })
      const marks = (table.assignments(cluster) ?? []).map(
        (item) => [item.application, assignmentMark(item, sha256)] as const,
      )
      members.push({ identity, desired: setDigest(new Map(marks), sha256) })
    }
    const before = process.memoryUsage().rss
    await round(url, members, 'join')
    let result: Omit<ReconnectResult, 'extraMessages'> | undefined
    const cpu = process.cpuUsage()
    const started = performance.now()
    const extraMessages = await round(url, members, 'key', () => {
      const used = process.cpuUsage(cpu)
      result = {
        agents,
        applicationsEach,
        wallMs: performance.now() - started,
        cpuMs: (used.user + used.system) / 1000,
        bytesPerConnection: Math.max(0, process.memoryUsage().rss - before) / agents,
      }
    })
    if (result === undefined) throw new Error('nothing was measured')
    const measured: Omit<ReconnectResult, 'extraMessages'> = result
    return { ...measured, extraMessages }
  } finally {
    await fleet.close()
    server.closeAllConnections()
    server.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Connects all, 64 dials at a time; then closes them. Answers the messages that came besides `welcome`. */
async function round(
  url: string,
  members: readonly { readonly identity: AgentIdentity; readonly desired: string }[],
  mode: 'join' | 'key',
  allConnected: () => void = () => undefined,
): Promise<number> {
  const sockets: WebSocket[] = []
  let extra = 0
  const queue = [...members]
  const reports = setDigest(new Map(), sha256)
  const dialler = async (): Promise<void> => {
    for (let member = queue.pop(); member !== undefined; member = queue.pop()) {
      const { identity, desired } = member
      const headers = { authorization: `Bearer ${await identity.credential(mode)}` }
      const socket = new WebSocket(`${url.replace('http', 'ws')}/agent/v1/channel`, ['flotilla.1'], {
        headers,
        perMessageDeflate: false,
      })
      sockets.push(socket)
      await new Promise<void>((resolve, reject) => {
        socket.on('error', reject)
        socket.on('open', () =>
          socket.send(
            JSON.stringify({ m: { type: 'hello', agentVersion: '1', instance: identity.cluster, desired, reports } }),
          ),
        )
        socket.on('message', (data) => {
          const { m } = JSON.parse((data as Buffer).toString()) as { m?: { type: string; resume?: boolean } }
          if (m?.type === 'welcome' && m.resume === true) resolve()
          else extra++
        })
      })
    }
  }
  await Promise.all(Array.from({ length: 64 }, dialler))
  allConnected()
  await Promise.all(sockets.map((socket) => new Promise((resolve) => (socket.on('close', resolve), socket.close()))))
  return extra
}
