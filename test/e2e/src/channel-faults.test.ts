import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { AgentIdentity } from '@flotilla/agent/channel/identity'
import { assignmentMark, setDigest } from '@flotilla/shared/protocol/digest'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { configMap, identityFor, raw } from './channel-raw.ts'
import { ChannelWorld, assignmentOf, until } from './channel-world.ts'

const megabyte = 1024 * 1024

/** Content that compression does not make small. */
function noise(characters: number): string {
  return Buffer.from(realRandom.bytes((characters * 3) / 4)).toString('base64')
}

test('F-13: an agent that reads nothing costs the hub little, and no other agent anything', async () => {
  await using world = await ChannelWorld.open({ tls: false })
  const identity = await identityFor(world, 'slow')
  const bundles: string[] = []
  for (let n = 0; n < 60; n++) {
    const assignment = assignmentOf(world, `argocd/slow-${n}`, [configMap(`m-${n}`, noise(2 * megabyte))])
    world.table.assign('slow', assignment)
    if (assignment.bundle !== undefined) bundles.push(assignment.bundle)
  }
  const slow = await raw(world, identity, 'join')
  const session = await slow.hello()
  slow.send({ n: session, s: 1, a: 0, m: { type: 'inventory', items: [] } })
  await until(() => slow.received.some(({ m }) => m?.['type'] === 'assign'))
  slow.ws.pause()
  const before = process.memoryUsage().rss
  const manifests = await Promise.all(
    bundles.map(
      async (bundle) => (JSON.parse((await world.table.blob(bundle)) ?? '{}') as { manifests: string[] }).manifests,
    ),
  )
  slow.send({
    n: session,
    s: 2,
    a: 1,
    m: { type: 'fetch', wants: bundles.map((bundle, n) => ({ bundle, digests: manifests[n] })) },
  })

  const quick = await world.join('quick')
  world.table.assign('quick', assignmentOf(world, 'argocd/quick', [configMap('a')]))
  await until(() => quick.engine.changes.includes('argocd/quick'))
  await expect(world.fleet.query('quick', { type: 'cluster-info' })).resolves.toMatchObject({ gitVersion: 'v1.36.1' })
  // Of 120 MB that it asked for, what waits for it is a few.
  expect(process.memoryUsage().rss - before).toBeLessThan(60 * megabyte)
  slow.ws.resume()
  await until(() => slow.closed() !== undefined || slow.received.length > 60)
  slow.ws.terminate()
}, 60_000)

test('F-25, T-66: when the hub comes back all agents are in again soon, some of them asked to wait, with no message per application', async () => {
  await using world = await ChannelWorld.open({ tls: false })
  const count = 400
  const identities: AgentIdentity[] = []
  for (let n = 0; n < count; n++) {
    identities.push(await identityFor(world, `c${n}`))
    world.table.assign(`c${n}`, assignmentOf(world, `argocd/app-${n}`, [configMap('a')]))
  }
  /** Comes in as agents do: one that is asked to wait tries again. */
  const enter = async (identity: AgentIdentity, mode: 'join' | 'key') => {
    for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
      const socket = await raw(world, identity, mode)
      if (socket.status === 101) return socket
      expect([0, 503]).toContain(socket.status)
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + realRandom.next())))
    }
  }
  const joined = await Promise.all(
    identities.map(async (identity) => {
      const socket = await enter(identity, 'join')
      await socket.hello()
      await identity.markJoined()
      return socket
    }),
  )
  const { port } = world
  await world.stopHub()
  await until(() => joined.every(({ closed }) => closed() !== undefined))
  await world.startHub(port, false)
  const started = Date.now()
  const digests = identities.map((_, n) => {
    const marks = (world.table.assignments(`c${n}`) ?? []).map(
      (one) => [one.application, assignmentMark(one, sha256)] as const,
    )
    return setDigest(new Map(marks), sha256)
  })
  const back = await Promise.all(
    identities.map(async (identity, n) => {
      const socket = await enter(identity, 'key')
      await socket.hello({ desired: digests[n] })
      return socket
    }),
  )
  expect(identities.filter((_, n) => world.fleet.connected(`c${n}`))).toHaveLength(count)
  expect(Date.now() - started).toBeLessThan(60_000)
  const types = new Set(back.flatMap(({ received }) => received.map(({ m }) => m?.['type'])))
  expect(types).toEqual(new Set(['welcome']))
  const resumed = back.filter(({ received }) => received.some(({ m }) => m?.['resume'] === true))
  expect(resumed).toHaveLength(count)
  for (const { ws } of back) ws.terminate()
}, 120_000)

test('F-27: a newer agent is spoken to in the newest version that both know; one of no common version is told so', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  expect((await raw(world, identity, 'join', {}, 'flotilla.999')).status).toBe(426)
  const newer = await raw(world, identity, 'join', {}, ['flotilla.999', 'flotilla.1'])
  expect([newer.status, newer.ws.protocol]).toEqual([101, 'flotilla.1'])
  expect(await newer.hello()).not.toBe('undefined')
  newer.ws.terminate()
})

test('F-27: an agent that a hub of another version will not have keeps what it has, and says why', async () => {
  await using world = await ChannelWorld.open({ tls: false })
  const { agent, state } = await world.join('c1')
  world.table.assign('c1', assignmentOf(world, 'argocd/shop', [configMap('a')]))
  await until(() => world.reports.some(({ report }) => report.application === 'argocd/shop'))
  await agent.close()
  const { port } = world
  await world.stopHub()
  const other = createServer().on('upgrade', (_request, socket) => {
    const body = JSON.stringify({ code: 'version', message: 'no common version of the protocol' })
    socket.end(`HTTP/1.1 426 Upgrade Required\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  expect((other.address() as AddressInfo).port).toBe(port)
  const again = await world.agent({ state })
  await until(() => /no common version/.test(again.agent.channel().reason ?? ''))
  expect(again.engine.parts.cache.applications().map(({ application }) => application)).toEqual(['argocd/shop'])
  other.closeAllConnections()
  await new Promise((resolve) => other.close(resolve))
  await world.startHub(port, false)
  await until(() => world.fleet.connected('c1'))
}, 60_000)

test('F-28: a credential that has expired is refused, and the next one is not', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  const late = await AgentIdentity.open({
    state: `${world.directory}/raw-c1`,
    token: undefined,
    clock: { ...realClock, now: () => realClock.now() - 10 * 60_000 },
    random: realRandom,
  })
  const first = await raw(world, identity, 'join')
  await first.hello()
  first.ws.terminate()
  expect((await raw(world, late, 'key')).status).toBe(401)
  expect((await raw(world, identity, 'key')).status).toBe(101)
})
