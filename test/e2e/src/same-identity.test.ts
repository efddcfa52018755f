import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAgent } from '@flotilla/agent/agent'
import { engineOn } from '@flotilla/agent/cluster-engine'
import { connectionFromKubeconfig } from '@flotilla/agent/cluster/auth'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { configMap, eventually, FleetWorld } from './fleet-world.ts'

test('F-41: of two agents with one identity on one cluster one is told what to do, nothing is applied twice, and either goes on alone', async () => {
  await using fleet = await FleetWorld.open()
  await fleet.app('shared', { 'a.yaml': configMap('a', { v: '1' }) })
  await fleet.settled('shared')
  const state = join(fleet.dir, 'copy')
  await cp(join(fleet.dir, 'agent-c1'), state, {
    recursive: true,
    // A copied Secret brings the identity along, and no lock.
    filter: (from) => !/lock/.test(from),
  })
  const member = fleet.member()
  const hub = new URL(fleet.world.hub.url)
  hub.port = String(member.link.port)
  const second = await createAgent({
    ...engineOn(await connectionFromKubeconfig(member.kubeconfig, { allowExec: false })),
    hub: hub.origin,
    token: undefined,
    state,
    clock: realClock,
    random: { ...realRandom, next: () => 0.02 },
    log: silentLog(),
    slowMs: 300,
  })
  try {
    await eventually(
      () => /two agents/.test(fleet.world.hub.fleet.presence('c1').warning ?? ''),
      () => 'no warning',
    )
    const connected = (): boolean[] => [member.agent, second].map((agent) => agent?.channel().connected === true)
    await eventually(
      () => connected().filter(Boolean).length === 1,
      () => String(connected()),
    )
    const mark = fleet.mark()
    const commit = await fleet.world.git.commit('shared', { 'a.yaml': configMap('a', { v: '2' }) })
    await fleet.settled('shared', commit)
    const applied = fleet.writes('c1', mark).filter(({ resource, name }) => resource === 'configmaps' && name === 'a')
    expect(applied.length).toBeGreaterThan(0)
    // One apply, and at most the dry run that compares.
    expect(applied.length).toBeLessThanOrEqual(2)
    await second.close()
    const next = await fleet.world.git.commit('shared', { 'a.yaml': configMap('a', { v: '3' }) })
    await fleet.settled('shared', next, 60_000)
    expect(connected()[0]).toBe(true)
  } finally {
    await second.close()
    await rm(state, { recursive: true, force: true })
  }
  expect(await readFile(join(fleet.dir, 'agent-c1', 'identity.json'), 'utf8')).toContain('"joined":true')
}, 90_000)
