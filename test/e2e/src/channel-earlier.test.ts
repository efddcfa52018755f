import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { Decoder, encode, UP_LIMITS } from '@flotilla/shared/protocol/codec'
import { configMap, identityFor, raw } from './channel-raw.ts'
import { assignmentOf, ChannelWorld, until } from './channel-world.ts'

const testdata = new URL('../../../shared/src/protocol/testdata/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, testdata), 'utf8')
const schemas = JSON.parse(read('messages-1.json')) as { up: TSchema; down: TSchema }
const earlierHub = Compile(schemas.up)
const earlierAgent = Compile(schemas.down)
const recorded = (side: 'up' | 'down', type: string): { [field: string]: unknown } => {
  const line =
    read('frames-1.txt')
      .split('\n')
      .find((each) => each.startsWith(`${side} {"type":"${type}"`)) ?? ''
  return JSON.parse(line.slice(line.indexOf(' ') + 1)) as { [field: string]: unknown }
}

test('F-27: a hub serves an agent of an earlier release, in words that it knows', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('a')]))
  const agent = await raw(world, identity, 'join')
  agent.send({ m: recorded('up', 'hello') })
  const said = (type: string) => agent.received.find(({ m }) => m?.['type'] === type)?.m
  await until(() => said('welcome') !== undefined)
  const session = String(said('welcome')?.['session'])
  agent.send({ n: session, s: 1, a: 0, m: recorded('up', 'inventory') })
  await until(() => said('assign') !== undefined)
  const [assignment] = (said('assign')?.['assignments'] ?? []) as {
    bundle: string
    application: string
    incarnation: string
  }[]
  expect(assignment?.application).toBe('argocd/a')
  const wants = [{ bundle: assignment?.bundle }]
  agent.send({ n: session, s: 2, a: 1, m: { ...recorded('up', 'fetch'), wants } })
  await until(() => said('blobs') !== undefined)
  const [report] = recorded('up', 'reports')['reports'] as object[]
  const own = { ...report, application: 'argocd/a', incarnation: assignment?.incarnation }
  agent.send({ n: session, s: 3, a: 2, m: { type: 'reports', reports: [own] } })
  await until(() => world.reports.length > 0)
  agent.send({ m: recorded('up', 'ping') })
  await until(() => said('pong') !== undefined)
  for (const { m } of agent.received) if (m) expect(earlierAgent.Check(m), JSON.stringify(m)).toBe(true)
  agent.ws.terminate()
})

test('F-27: an agent says nothing that a hub of an earlier release would not take', async () => {
  await using world = await ChannelWorld.open({ tls: false })
  const { token } = await world.fleet.addCluster('c1')
  const heard: { type?: string }[] = []
  const { session } = recorded('down', 'welcome')
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'flotilla.1' })
  sockets.on('connection', (socket) => {
    const decoder = new Decoder(UP_LIMITS)
    const say = (envelope: object): void => encode(envelope).forEach((frame) => socket.send(frame))
    socket.on('message', (data) => {
      const message = decoder.decode((data as Buffer).toString())?.m as { type?: string } | undefined
      if (!message) return
      heard.push(message)
      if (message.type === 'hello') say({ m: { ...recorded('down', 'welcome'), resume: false, reported: false } })
      if (message.type === 'inventory') {
        say({ n: session, s: 1, a: 1, m: namedAssignment() })
        say({ n: session, s: 2, a: 1, m: recorded('down', 'query') })
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await world.agent({ token, hub, uid: 'u1' })
    const types = () => new Set(heard.map(({ type }) => type))
    await until(() => ['hello', 'inventory', 'fetch', 'answer'].every((type) => types().has(type)))
    for (const message of heard) expect(earlierHub.Check(message), JSON.stringify(message)).toBe(true)
  } finally {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** The recorded assignment that names an application. */
function namedAssignment(): object {
  const lines = read('frames-1.txt').split('\n')
  const line = lines.find((each) => each.startsWith('down {"type":"assign","assignments":[{')) ?? ''
  return JSON.parse(line.slice('down '.length)) as object
}
