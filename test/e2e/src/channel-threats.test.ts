import { cp, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AgentIdentity } from '@flotilla/agent/channel/identity'
import { localPolicy } from '@flotilla/agent/local-policy'
import { readJoinToken } from '@flotilla/shared/protocol/join-token'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { configMap, identityFor, raw } from './channel-raw.ts'
import { ChannelWorld, assignmentOf, reportOf, until } from './channel-world.ts'

test('T-01: a join token works once, for one key, within its time, and is stored as a hash', async () => {
  await using world = await ChannelWorld.open()
  const { token } = await world.fleet.addCluster('c1')
  const { secret } = readJoinToken(token, (text) => Buffer.from(text, 'base64url').toString())
  expect(world.records.dump()).not.toContain(secret)
  const identities = await Promise.all(
    ['x', 'y'].map((name) =>
      AgentIdentity.open({ state: join(world.directory, name), token, clock: realClock, random: realRandom }),
    ),
  )
  const attempts = await Promise.all(identities.map((identity) => raw(world, identity, 'join')))
  expect(attempts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([101, 401])
  const loser = identities[attempts.findIndex(({ status }) => status === 401)]
  if (loser === undefined) throw new Error('both won')
  expect((await raw(world, loser, 'join')).status).toBe(401)
  for (const { ws } of attempts) ws.terminate()
  await expect(world.fleet.addCluster('c2', { ttlMs: 0 })).rejects.toThrow(/between one second and one day/)
  await expect(world.fleet.addCluster('c1')).rejects.toThrow(/has an agent/)
  const other = await world.fleet.addCluster('c3', { ttlMs: 1000 })
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const late = await AgentIdentity.open({
    state: join(world.directory, 'late'),
    token: other.token,
    clock: realClock,
    random: realRandom,
  })
  expect((await raw(world, late, 'join')).status).toBe(401)
  const kept = await readFile(join(world.directory, 'late', 'identity.json'), 'utf8')
  const privateKey = (JSON.parse(kept) as { key: { d: string } }).key.d
  expect(world.records.dump()).not.toContain(privateKey)
})

test('T-02: revocation cuts the connection, outlives a restart, and the agent does not storm', async () => {
  await using world = await ChannelWorld.open()
  const { agent } = await world.join('c1')
  await world.fleet.revoke('c1')
  await until(() => !agent.channel().connected)
  expect(world.fleet.connected('c1')).toBe(false)
  expect(world.fleet.presence('c1').state).toBe('revoked')
  const port = world.port
  await world.stopHub()
  world.events.length = 0
  await world.startHub(port)
  await until(() => world.events.some(({ kind }) => kind === 'authentication-refused'))
  expect(world.fleet.presence('c1').state).toBe('revoked')
})

test('T-02: a key is rotated while connected; the next connection uses the new one', async () => {
  await using world = await ChannelWorld.open()
  const { state, agent } = await world.join('c1')
  const before = await readFile(join(state, 'identity.json'), 'utf8')
  world.fleet.rotate('c1')
  await until(() => world.events.some(({ kind }) => kind === 'key-rotated'))
  let after = before
  while (after === before || after.includes('"next"')) after = await readFile(join(state, 'identity.json'), 'utf8')
  await agent.close()
  await world.agent({ state })
  await until(() => world.fleet.connected('c1'))
})

test('T-03: who an agent is comes from its credential, compared exactly', async () => {
  await using world = await ChannelWorld.open()
  for (const name of ['C1', '\u0441' + '1', 'c1\0', 'c1/..', ''])
    await expect(world.fleet.addCluster(name)).rejects.toThrow(/cluster name/)
  const identity = await identityFor(world, 'c1')
  await identityFor(world, 'c10')
  const socket = await raw(world, identity, 'join')
  await socket.hello({ cluster: 'c10' })
  expect(socket.closed()).toBe(1008)
  expect(world.events.map(({ kind }) => kind)).toContain('identity-mismatch')
})

test('T-04: what an agent says of itself changes no label and no assignment', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  const socket = await raw(world, identity, 'join')
  const session = await socket.hello()
  socket.send({ n: session, s: 1, a: 0, m: { type: 'facts', kubernetesVersion: 'v9', labels: { env: 'prod' } } })
  await until(() => socket.closed() !== undefined)
  expect(socket.closed()).toBe(1008)
  expect(world.secrets.get('cluster-c1')?.metadata.labels).toEqual({ 'argocd.argoproj.io/secret-type': 'cluster' })
})

test('T-05, INV-13: reports of what is not assigned to the reporter are dropped', async () => {
  await using world = await ChannelWorld.open()
  world.table.assign('c2', assignmentOf(world, 'argocd/theirs', []))
  world.table.assign('c1', assignmentOf(world, 'argocd/mine', []))
  const socket = await raw(world, await identityFor(world, 'c1'), 'join')
  const session = await socket.hello()
  const mine = reportOf(assignmentOf(world, 'argocd/mine', []))
  const reports = [reportOf(assignmentOf(world, 'argocd/theirs', [])), { ...mine, incarnation: 'other' }, mine]
  socket.send({ n: session, s: 1, a: 0, m: { type: 'reports', reports } })
  await until(() => world.reports.length > 0)
  expect(world.reports.map(({ cluster, report }) => [cluster, report.application])).toEqual([['c1', 'argocd/mine']])
  expect(world.events.map(({ kind }) => kind)).toContain('foreign-report')
  socket.ws.terminate()
})

test('T-06, INV-13: knowing a digest is no right to its content', async () => {
  await using world = await ChannelWorld.open()
  const theirs = assignmentOf(world, 'argocd/theirs', [configMap('secret')])
  const mine = assignmentOf(world, 'argocd/mine', [configMap('public')])
  world.table.assign('c2', theirs)
  world.table.assign('c1', mine)
  const secret = world.table.put(configMap('secret'))
  const socket = await raw(world, await identityFor(world, 'c1'), 'join')
  const session = await socket.hello()
  const wants = [
    { bundle: theirs.bundle },
    { bundle: theirs.bundle, digests: [secret] },
    { bundle: mine.bundle, digests: [secret, world.table.put(configMap('public'))] },
  ]
  socket.send({ n: session, s: 1, a: 0, m: { type: 'fetch', wants } })
  await until(() => socket.received.some(({ m }) => m?.['type'] === 'blobs'))
  const blobs = socket.received.find(({ m }) => m?.['type'] === 'blobs')?.m as {
    items: { data: string }[]
    missing: string[]
  }
  expect(blobs.items.map(({ data }) => (JSON.parse(data) as { metadata: { name: string } }).metadata.name)).toEqual([
    'public',
  ])
  expect(blobs.missing).toEqual([theirs.bundle, secret, secret])
  socket.ws.terminate()
})

test.each([
  ['a frame too long', (send: (text: string) => void) => send('x'.repeat(300_000)), 1009],
  ['JSON nested too deep', (send: (text: string) => void) => send('['.repeat(40_000)), 1008],
  ['no JSON', (send: (text: string) => void) => send('{'), 1008],
  ['a message of its own making', (send: (text: string) => void) => send('{"m":{"type":"apply-all"}}'), 1008],
  [
    'a flood',
    (send: (text: string) => void) => Array.from({ length: 20_000 }, () => send('{"m":{"type":"pong"}}')),
    1008,
  ],
  [
    'endless parts',
    (send: (text: string) => void) => Array.from({ length: 400 }, (_, n) => send(`>${n}/999999:${'x'.repeat(48_000)}`)),
    1009,
  ],
])('T-07: %s ends the connection that sent it, and no other', async (_, attack, code) => {
  await using world = await ChannelWorld.open()
  const healthy = await world.join('c2')
  const socket = await raw(world, await identityFor(world, 'c1'), 'join')
  await socket.hello()
  attack((text) => socket.ws.send(text))
  await until(() => socket.closed() !== undefined)
  expect(socket.closed()).toBe(code)
  expect(healthy.agent.channel().connected).toBe(true)
})

test('T-08: a captured credential and the frames of another session are of no use', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  const credential = await identity.credential('join')
  const first = await raw(world, identity, 'join', { authorization: `Bearer ${credential}` })
  const old = await first.hello()
  expect((await raw(world, identity, 'join', { authorization: `Bearer ${credential}` })).status).toBe(401)
  const second = await raw(world, identity, 'key')
  const session = await second.hello()
  second.send({ n: session, s: 1, a: 0, m: { type: 'inventory', items: [] } })
  second.send({ n: session, s: 1, a: 0, m: { type: 'inventory', items: [] } })
  second.send({ n: old, s: 2, a: 0, m: { type: 'inventory', items: [] } })
  await until(() => second.closed() !== undefined)
  expect(second.closed()).toBe(4005)
})

test('T-09: without a common version nothing is said', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  const socket = await raw(world, identity, 'join', {}, 'flotilla.99')
  expect(socket.status).toBe(426)
})

test('T-0A, F-19: an agent shows its credential to nobody but the hub of its token', async () => {
  await using world = await ChannelWorld.open()
  await using rogue = await ChannelWorld.open()
  const { token } = await world.fleet.addCluster('c1')
  const { agent } = await world.agent({ token, hub: rogue.url })
  await until(() => /not the hub/.test(agent.channel().reason ?? ''))
  expect(rogue.events).toEqual([])
  const plain = await world.agent({ token, hub: rogue.url.replace('https', 'http') })
  await until(() => /does not allow plain http/.test(plain.agent.channel().reason ?? ''))
})

test('T-0B: the local policy is not overridden', () => {
  const denyKinds = ['CustomResourceDefinition', 'rbac.authorization.k8s.io/ClusterRoleBinding']
  const policy = localPolicy({ namespaces: ['team-*'], denyKinds })
  const object = { group: '', kind: 'ConfigMap', namespace: 'team-a', name: 'x' }
  expect(policy.refuses(object)).toBeUndefined()
  expect(policy.refuses({ ...object, namespace: 'kube-system' })).toMatch(/not among/)
  const own = [
    { group: '', kind: 'Namespace', namespace: '', name: 'flotilla-agent' },
    { group: 'apps', kind: 'Deployment', namespace: 'flotilla-agent', name: 'flotilla-agent' },
    { group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding', namespace: '', name: 'flotilla-agent' },
  ]
  for (const key of own) expect(localPolicy({}).refuses(key)).toMatch(/agent itself/)
  const name = 'x'
  const denied = [
    { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '', name },
    { group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding', namespace: '', name },
  ]
  for (const key of denied) expect(policy.refuses(key)).toMatch(/denies/)
})

test('T-0D: a browser is turned away', async () => {
  await using world = await ChannelWorld.open()
  const identity = await identityFor(world, 'c1')
  expect((await raw(world, identity, 'join', { origin: 'https://evil.example' })).status).toBe(403)
  expect((await raw(world, identity, 'join', { origin: 'null' })).status).toBe(403)
  expect((await raw(world, identity, 'join', { cookie: 'argocd.token=x' })).status).toBe(403)
})

test('T-0E: sockets that never speak keep no agent out', async () => {
  await using world = await ChannelWorld.open()
  const idle = Array.from({ length: 500 }, () => connect(world.port, '127.0.0.1').on('error', () => undefined))
  const half = Array.from({ length: 20 }, () =>
    connectTls(
      { port: world.port, host: '127.0.0.1', rejectUnauthorized: false },
      function (this: import('node:tls').TLSSocket) {
        this.write('GET /agent/v1/channel HTTP/1.1\r\n')
      },
    ).on('error', () => undefined),
  )
  const { agent } = await world.join('c1')
  await until(() => agent.channel().connected)
  for (const socket of [...idle, ...half]) socket.destroy()
})

test('T-0F, F-41: of two agents with one identity the newer is served, the other told why, and it comes back alone', async () => {
  await using world = await ChannelWorld.open()
  const first = await world.join('c1')
  const copy = join(world.directory, 'copy')
  await cp(first.state, copy, { recursive: true })
  const second = await world.agent({ state: copy })
  await until(() => second.agent.channel().connected && !first.agent.channel().connected)
  expect(first.agent.channel().reason).toMatch(/two agents/)
  expect(world.fleet.presence('c1').warning).toMatch(/two agents/)
  const superseded = () => world.events.filter(({ kind }) => kind === 'superseded').length
  await until(() => superseded() >= 3)
  expect(second.agent.channel().connected).toBe(true)
  await second.agent.close()
  await until(() => first.agent.channel().connected)
})
