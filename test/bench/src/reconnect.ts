import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ownCertificate } from '@flotilla/hub/fleet/certificate'
import { createFleet } from '@flotilla/hub/fleet/fleet'
import { DesiredTable } from '@flotilla/hub/fleet/testing/desired-table'
import { MemoryRecords } from '@flotilla/hub/fleet/testing/memory-records'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { assignmentMark, setDigest } from '@flotilla/shared/protocol/digest'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { Ask, Member, Told } from './dialers.ts'

/** What the reconnection of a whole fleet took. */
export interface ReconnectResult {
  readonly agents: number
  readonly applicationsEach: number
  readonly wallMs: number
  /** Of the hub. */
  readonly cpuMs: number
  /** Messages that hub and agents exchanged besides hello and welcome. */
  readonly extraMessages: number
  /** What the hub's process has grown by since there was none, garbage aside. */
  readonly bytesPerConnection: number
}

/**
 * Agents that were in sync lose their hub and come back at once: real credentials, real sockets with TLS, real
 * sessions over the loopback. The hub's side runs here, the agents' ends in a process of their own, with no engine behind them.
 */
export async function benchReconnect(agents: number, applicationsEach: number): Promise<ReconnectResult> {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-reconnect-'))
  const table = new DesiredTable()
  const bundle = table.bundle([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }])
  const server = createServer(await ownCertificate(directory, ['127.0.0.1'], realClock))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', 4096, resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fleet = await createFleet({
    records: new MemoryRecords(),
    objects: { create: async (_: unknown, object: unknown) => object } as unknown as Objects,
    source: table,
    receiver: { report: () => undefined },
    clock: realClock,
    random: realRandom,
    log: silentLog(),
    address: () => ({ url, plain: false }),
  })
  fleet.attach(server)
  const dialers = fork(new URL('./dialers.ts', import.meta.url))
  try {
    const members: Member[] = []
    for (let index = 0; index < agents; index++) {
      const cluster = `c${index}`
      for (let n = 0; n < applicationsEach; n++)
        table.assign(cluster, { application: `argocd/a${n}`, incarnation: `u${index}-${n}`, generation: 1, bundle })
      const { token } = await fleet.addCluster(cluster)
      const marks = (table.assignments(cluster) ?? []).map(
        (item) => [item.application, assignmentMark(item, sha256)] as const,
      )
      members.push({ state: join(directory, cluster), token, desired: setDigest(new Map(marks), sha256) })
    }
    const idle = resident()
    await ask(dialers, { ask: 'connect', url, members, mode: 'join' })
    const before = await ask(dialers, { ask: 'close' })
    const cpu = process.cpuUsage()
    const started = performance.now()
    const after = await ask(dialers, { ask: 'connect', url, members, mode: 'key' })
    const wallMs = performance.now() - started
    const used = process.cpuUsage(cpu)
    const bytesPerConnection = Math.max(0, resident() - idle) / agents
    await ask(dialers, { ask: 'close' })
    return {
      agents,
      applicationsEach,
      wallMs,
      cpuMs: (used.user + used.system) / 1000,
      extraMessages: after.extra - before.extra,
      bytesPerConnection,
    }
  } finally {
    dialers.kill()
    await fleet.close()
    server.closeAllConnections()
    server.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function ask(dialers: ChildProcess, asked: Ask): Promise<Told> {
  const told = once(dialers, 'message')
  dialers.send(asked)
  return ((await told) as [Told])[0]
}

/** Bytes that the process holds once its garbage is collected. */
function resident(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().rss
}
