import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { startLink } from '@flotilla/test-devenv/link'
import { expect, test } from 'vitest'
import { configMap } from './channel-raw.ts'
import { assignmentOf, ChannelWorld, until } from './channel-world.ts'

/** Links that break all the time, and in the middle of what is being sent. */
const many = 40

test('F-02: of a set that breaks off in the middle only what is complete is kept, and nothing is taken away', async () => {
  await using world = await ChannelWorld.open()
  const link = await startLink(() => world.port)
  const { token } = await world.fleet.addCluster('c1')
  const { agent, engine } = await world.agent({ token, hub: `https://127.0.0.1:${link.port}` })
  await until(() => world.fleet.connected('c1'))
  // Nothing that could be made short.
  const large = (name: string, generation: number) =>
    configMap(name, Array.from({ length: 400 }, (_, at) => sha256(`${name} ${generation} ${at}`)).join(''))
  for (let round = 1; round <= 3; round++) {
    const before = link.bytes
    for (let index = 0; index < many; index++) {
      const manifests = [1, 2, 3].map((part) => large(`m-${index}-${part}`, round))
      world.table.assign('c1', assignmentOf(world, `argocd/app-${index}`, manifests, round))
    }
    // Some of it has passed.
    await until(() => link.bytes > before + 200_000)
    link.cut()
    const shown = agent.cache.applications()
    for (const { bundle = '' } of shown)
      for (const digest of agent.cache.bundle(bundle).manifests) expect(agent.cache.manifest(digest)).toBeDefined()
    if (round > 1) expect(shown).toHaveLength(many)
    link.restore()
    await until(() => agent.cache.applications().filter(({ generation }) => generation === round).length === many)
  }
  expect(engine.changes.filter((name) => agent.cache.assignment(name) === undefined)).toEqual([])
  await link.close()
})

test('F-15: a link that flaps leaves one session, no alarm of a second agent, and nothing missed', async () => {
  await using world = await ChannelWorld.open()
  const link = await startLink(() => world.port)
  const { token } = await world.fleet.addCluster('c1')
  const { agent } = await world.agent({ token, hub: `https://127.0.0.1:${link.port}` })
  await until(() => world.fleet.connected('c1'))
  const began = link.connections
  for (let cut = 1; cut <= 25; cut++) {
    link.cut()
    world.table.assign('c1', assignmentOf(world, 'argocd/a', [configMap('a', String(cut))], cut))
    await sleep(20)
    link.restore()
    await sleep(60)
  }
  // It waits longer and longer: it does not come back as often as it is cut off.
  expect(link.connections - began).toBeLessThan(25)
  await until(() => agent.cache.assignment('argocd/a')?.generation === 25)
  await until(() => world.fleet.connected('c1') && agent.channel().connected)
  expect(world.fleet.presence('c1').warning).toBeUndefined()
  expect(world.events.filter(({ kind }) => kind === 'superseded')).toEqual([])
  await link.close()
})
