import { appendFile, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startLink } from '@flotilla/test-devenv/link'
import { expect, test } from 'vitest'
import { configMap } from './channel-raw.ts'
import { ChannelWorld, assignmentOf, until } from './channel-world.ts'

test('an agent joins, receives, reports, and is told what changes', async () => {
  await using world = await ChannelWorld.open()
  world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('one'), configMap('big', 'y'.repeat(200_000))]))
  const { agent } = await world.join('c1')
  await until(() => agent.cache.assignment('argocd/a') !== undefined && world.reports.length === 1)
  const bundle = agent.cache.bundle(agent.cache.assignment('argocd/a')?.bundle ?? '')
  expect(bundle.manifests.map((digest) => agent.cache.manifest(digest).metadata.name)).toEqual(['one', 'big'])
  expect(agent.cache.ready()).toBe(true)
  world.table.assign('c1', assignmentOf(world, 'argocd/b', [configMap('two')]))
  await until(() => world.reports.length === 2)
  world.table.unassign('c1', 'argocd/a')
  await until(() => agent.cache.assignment('argocd/a') === undefined)
  expect(agent.cache.applications()).toHaveLength(1)
})

test('the cluster is a Secret as Argo CD has it, and one manifest installs the agent', async () => {
  await using world = await ChannelWorld.open()
  const { manifest, command, server, token } = await world.fleet.addCluster('c1', { labels: { env: 'prod' } })
  const secret = world.secrets.get('cluster-c1')
  expect(secret?.metadata.labels).toEqual({ env: 'prod', 'argocd.argoproj.io/secret-type': 'cluster' })
  expect(
    Buffer.from(String((secret as unknown as { data: { server: string } }).data.server), 'base64').toString(),
  ).toBe(server)
  expect(manifest).toContain(token)
  expect(command).toContain(`npx flotilla agent --hub ${world.url} --token ${token}`)
})

test('an unchanged agent resumes without a message per application, after restarts of either side', async () => {
  await using world = await ChannelWorld.open()
  for (let n = 0; n < 20; n++) world.table.assign('c1', assignmentOf(world, `argocd/a${n}`, [configMap(`m${n}`)]))
  const first = await world.join('c1')
  await until(() => world.reports.length === 20)
  await until(() => first.engine.parts.cache.applications().length === 20)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await first.agent.close()
  const port = world.port
  await world.stopHub()
  await world.startHub(port)
  expect(world.fleet.presence('c1').state).toBe('unknown')
  const second = await world.agent({ state: first.state })
  await until(() => world.fleet.connected('c1'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(second.engine.changes).toEqual([])
  expect(world.reports).toHaveLength(20)
})

test('F-42: the same cluster under two names is refused and explained', async () => {
  await using world = await ChannelWorld.open()
  const one = await world.agent({ token: (await world.fleet.addCluster('c1')).token, uid: 'u1' })
  await until(() => one.agent.channel().connected)
  const two = await world.agent({ token: (await world.fleet.addCluster('c2')).token, uid: 'u1' })
  await until(() => /known as 'c1'/.test(two.agent.channel().reason ?? ''))
  expect(world.fleet.presence('c2').warning).toMatch(/known as 'c1'/)
})

test('F-16: a hub that does not know its assignments yet takes no agent and removes nothing', async () => {
  await using world = await ChannelWorld.open()
  world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('one')]))
  const first = await world.join('c1')
  await until(() => first.agent.cache.applications().length === 1)
  await first.agent.close()
  world.table.known = false
  const again = await world.agent({ state: first.state })
  await until(() => /starting/.test(again.agent.channel().reason ?? ''))
  expect(again.agent.cache.applications()).toHaveLength(1)
})

test('INV-07: a hub that went back in time does not turn the cluster back', async () => {
  await using world = await ChannelWorld.open()
  world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('new')], 7))
  const { agent } = await world.join('c1')
  await until(() => agent.cache.assignment('argocd/a')?.generation === 7)
  world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('old')], 3))
  await until(() => world.table.behindCalls.length > 0)
  expect(world.table.behindCalls[0]).toEqual({ cluster: 'c1', application: 'argocd/a', generation: 7 })
  expect(agent.cache.assignment('argocd/a')?.generation).toBe(7)
})

test('a damaged cache is noticed, and what is missing is fetched again', async () => {
  await using world = await ChannelWorld.open()
  world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('one')]))
  const first = await world.join('c1')
  await until(() => first.agent.cache.applications().length === 1)
  await first.agent.close()
  const path = join(first.state, 'cache', 'content.log')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"one"', '"two"'))
  await appendFile(path, 'torn li')
  const second = await world.agent({ state: first.state })
  expect(second.agent.cache.ready()).toBe(true)
  await until(() => second.agent.cache.applications().length === 1)
  expect(await readdir(join(first.state, 'cache'))).toEqual(['content.log', 'state.log'])
})

test('queries: answers, streams, time-outs, masks', async () => {
  await using world = await ChannelWorld.open()
  await world.join('c1')
  expect(await world.fleet.query('c1', { type: 'cluster-info' })).toEqual({ gitVersion: 'v1.36.1', apis: [] })
  const ref = { application: 'argocd/a', group: '', version: 'v1', kind: 'Secret', namespace: 'x', name: 'y' }
  expect(await world.fleet.query('c1', { type: 'live', ...ref })).toMatchObject({ data: { password: '++++++++' } })
  const lines: unknown[] = []
  for await (const chunk of world.fleet.stream('c1', { type: 'logs', ...ref, options: {} })) lines.push(chunk)
  expect(lines).toEqual([{ line: 1 }, { line: 2 }, { line: 3 }])
  await expect(world.fleet.query('c1', { type: 'tree', application: 'a' }, { timeoutMs: 20 })).rejects.toMatchObject({
    code: 'timeout',
  })
  await expect(world.fleet.query('c9', { type: 'cluster-info' })).rejects.toMatchObject({ code: 'disconnected' })
})

test.each([-50_000, 50_000])('F-26: an agent whose clock is off by %i ms is served', async (aheadMs) => {
  await using world = await ChannelWorld.open()
  const { token } = await world.fleet.addCluster('c1')
  await world.agent({ token, aheadMs })
  await until(() => world.fleet.connected('c1'))
})

test.each([
  [-300_000, /clock is 300 s behind/],
  [3_600_000, /clock is 3600 s ahead/],
])('F-26: an agent whose clock is off by %i ms is told so', async (aheadMs, words) => {
  await using world = await ChannelWorld.open()
  const { token } = await world.fleet.addCluster('c1')
  const { agent } = await world.agent({ token, aheadMs })
  await until(() => words.test(agent.channel().reason ?? ''))
})

test('F-12: a link that swallows everything is noticed by both sides, and left for a new one', async () => {
  await using world = await ChannelWorld.open()
  const link = await startLink(() => world.port)
  const { token } = await world.fleet.addCluster('c1')
  const { agent } = await world.agent({ token, hub: `https://127.0.0.1:${link.port}` })
  await until(() => world.fleet.connected('c1') && agent.channel().connected)
  link.silence()
  await until(() => !world.fleet.connected('c1') && !agent.channel().connected)
  link.restore()
  await until(() => world.fleet.connected('c1') && agent.channel().connected)
  await link.close()
})
