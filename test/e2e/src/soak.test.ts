import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { configMap, eventually, FleetWorld } from './fleet-world.ts'

/**
 * Days of a fleet in a moment: commits, drift, cut links, restarts of hub and agents, and a cluster that fails now and then.
 * FLOTILLA_SOAK_CYCLES=2000 makes it a long one.
 */
const cycles = Number(process.env['FLOTILLA_SOAK_CYCLES'] ?? 30)
const apps = ['one', 'two', 'three']

interface Sample {
  readonly heapMiB: number
  readonly handles: number
  readonly storeKiB: number
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function sample(fleet: FleetWorld): Promise<Sample> {
  collectGarbage()
  // What is closed is let go in turns of the loop.
  await new Promise((resolve) => setTimeout(resolve, 50))
  collectGarbage()
  const files = (await readdir(join(fleet.dir, 'hub'), { recursive: true })).filter((name) => /flotilla\.db/.test(name))
  const sizes = await Promise.all(
    files.map((name) =>
      stat(join(fleet.dir, 'hub', name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return {
    heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
    handles: process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate/.test(name)).length,
    storeKiB: sizes.reduce((sum, size) => sum + size, 0) / 1024,
  }
}

async function cycle(fleet: FleetWorld, turn: number): Promise<void> {
  const { cluster, link } = fleet.member()
  const name = apps[turn % apps.length] ?? 'one'
  const at = { group: '', version: 'v1', resource: 'configmaps', namespace: name, name: 'a' }
  if (turn % 3 === 0) link.cut()
  if (turn % 5 === 1) cluster.faults.add({ match: { verb: 'watch' }, effect: { kind: 'gone' }, times: 2 })
  if (turn % 5 === 2) cluster.cutWatches()
  if (turn % 10 === 5) await fleet.world.stopHub()
  if (turn % 10 === 8) await fleet.member().leave()
  const commit = await fleet.world.git.commit(name, {
    'a.yaml': configMap('a', { turn: String(turn) }),
    [`extra-${(turn + 1) % 2}.yaml`]: configMap(`extra-${(turn + 1) % 2}`, { turn: String(turn) }),
    ...(turn >= apps.length * 2 && { [`extra-${turn % 2}.yaml`]: null }),
  })
  await cluster.objects.patch(at, { data: { turn: 'drift' } }, { type: 'merge' }).catch(() => undefined)
  if (turn % 10 === 5) {
    await fleet.world.startHub()
    await fleet.patch(name, { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } })
  }
  if (turn % 10 === 8) await fleet.member().join()
  if (turn % 3 === 0) link.restore()
  await fleet.settled(name, commit, 60_000)
  await fleet.untilLive(
    ['ConfigMap', name, 'a'],
    (live) => (live?.['data'] as { turn?: string })?.turn === String(turn),
    60_000,
  )
}

test(
  'F-44, INV-18: a fleet that lives through a lot is as small afterwards as before, and nothing is stuck',
  { timeout: 120_000 + cycles * 5_000 },
  async () => {
    await using fleet = await FleetWorld.open()
    for (const name of apps) await fleet.app(name, { 'a.yaml': configMap('a', { turn: '0' }) })
    for (const name of apps) await fleet.settled(name)
    const samples: Sample[] = []
    for (let turn = 1; turn <= cycles; turn++) {
      await cycle(fleet, turn)
      if (turn % 10 === 0) samples.push(await sample(fleet))
    }
    await eventually(
      () => fleet.world.hub.fleet.connected('c1'),
      () => 'not connected',
    )
    if (cycles > 100) for (const one of samples) process.stdout.write(`${JSON.stringify(one)}\n`)
    expect(samples.every(({ storeKiB }) => storeKiB > 0)).toBe(true)
    const [early, late] = [samples[Math.floor(samples.length / 3)], samples.at(-1)]
    if (!early || !late) throw new Error('too few cycles')
    // A hub is a process; one that is begun anew within a process leaves routes and histograms behind.
    const begunAnew = (cycles * 2) / 3 / 10
    expect(late.heapMiB).toBeLessThan(early.heapMiB * 1.25 + 15 + begunAnew * 1.5)
    expect(late.handles).toBeLessThanOrEqual(early.handles + 10)
    expect(late.storeKiB).toBeLessThan(early.storeKiB * 2 + 4096 + cycles * 20)
    for (const name of apps) expect((await fleet.application(name))?.operation).toBeUndefined()
  },
)
