import { setTimeout as sleep } from 'node:timers/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Api } from './api.ts'
import { Fleet, startClusters, type Cost, type FleetOptions } from './fleet.ts'
import { applyAll, drift, makeNamespaces } from './floor.ts'
import { Tally } from './tally.ts'

/** One phase of a bench, beside what a plain client needs for the same. */
export interface Phase {
  readonly name: 'first apply' | 'all change' | 'one changes' | 'drift storm' | 'idle'
  readonly cost: Cost
  /** Seconds of the plain client. */
  readonly floor: number | undefined
}

/** What a plain client needs, on clusters of its own. */
export interface Floors {
  readonly first: number
  readonly all: number
  readonly one: number
}

/** Measures a plain client with the same objects. */
export async function measureFloor(options: FleetOptions): Promise<Floors> {
  const { root, workload, applications, agents } = options
  const directory = await mkdtemp(path.join(tmpdir(), 'flotilla-floor-'))
  const external = options.kubeconfig
  const files = Array.from({ length: external === undefined ? agents : 1 }, (_, index) =>
    external === undefined ? path.join(directory, `${index}.kubeconfig`) : external,
  )
  const clusters = external === undefined ? await startClusters(root, files) : undefined
  const apis = files.map((file) => new Api(file))
  await makeNamespaces(apis)
  // Watched as during the bench, so that the server has the same to do.
  const tally = await Tally.start(apis, workload)
  const first = await applyAll(apis, workload, applications, 1)
  const all = await applyAll(apis, workload, applications, 2)
  const one = await applyAll(apis, workload, applications, 3, 0)
  tally.stop()
  for (const api of apis) api.close()
  await clusters?.stop()
  await rm(directory, { recursive: true, force: true })
  return { first, all, one }
}

const restMs = 30_000

/** All phases of a workload with a hub and its agents. */
export async function measureFleet(options: FleetOptions, floors: Floors, idleSeconds: number): Promise<Phase[]> {
  const { applications, workload } = options
  const objects = applications * workload.size
  const fleet = await Fleet.start(options)
  const phases: Phase[] = []
  try {
    const { tally } = fleet
    await fleet.seed(1)
    const phase = async (name: Phase['name'], floor: number | undefined, work: () => Promise<void>): Promise<void> => {
      let seconds = 0
      const cost = await fleet.measure(async () => {
        const started = performance.now()
        await work()
        seconds = (performance.now() - started) / 1000
        if (name !== 'idle') await fleet.synced()
      })
      process.stderr.write(`${workload.name} × ${applications}: ${name} ${seconds.toFixed(2)} s\n`)
      // The time is until the clusters are as they should be; the rest of the cost until all is reported, too.
      phases.push({ name, cost: { ...cost, seconds }, floor })
    }
    await phase('first apply', floors.first, async () => {
      const done = tally.reached(1, objects)
      await fleet.createApplications()
      await done
    })
    await settled(fleet)
    await fleet.commit(2)
    await phase('all change', floors.all, async () => {
      const done = tally.reached(2, objects)
      await fleet.push()
      await done
    })
    await settled(fleet)
    await fleet.commit(3, 0)
    await phase('one changes', floors.one, async () => {
      const done = tally.reached(3, workload.size)
      await fleet.push()
      await done
    })
    await settled(fleet)
    await phase('drift storm', floors.all, async () => {
      await drift(fleet.apis, workload, applications)
      await healed(fleet, options)
    })
    await settled(fleet)
    // What a storm leaves to be collected is not what it costs when nothing happens.
    await sleep(restMs)
    await phase('idle', undefined, () => sleep(idleSeconds * 1000))
  } finally {
    await fleet.stop()
  }
  return phases
}

/** Nothing is left to be done of the phase before: all is synced, and the hub has written nothing for a while. */
async function settled(fleet: Fleet): Promise<void> {
  for (let revision = -1, now = 0; now !== revision; now = await fleet.revision()) {
    revision = now
    await fleet.synced()
    await sleep(3000)
  }
}

/** Waits until each object is as in Git again. */
async function healed(fleet: Fleet, { applications, workload }: FleetOptions): Promise<void> {
  const wrong = async (): Promise<number> => {
    let right = 0
    for (const api of fleet.apis)
      for (const list of workload.lists) {
        const { items } = JSON.parse(await api.request('GET', list)) as { items: Record<string, unknown>[] }
        right += items.filter((item) => isRight(item)).length
      }
    return applications * workload.size - right
  }
  for (let waited = 0; waited < 300_000; waited += 250) {
    if ((await wrong()) <= 0) return
    await sleep(250)
  }
  throw new Error(`${await wrong()} objects were not healed`)
}

/** Whether an object of the workloads is not as a hand has left it. */
function isRight(item: Record<string, unknown>): boolean {
  const { name } = item['metadata'] as { name: string }
  if (!name.startsWith('app-')) return false
  const { text } = (item['data'] ?? {}) as { text?: string }
  const { selector } = (item['spec'] ?? {}) as { selector?: { app?: string } }
  return text !== 'by hand' && selector?.app !== 'by-hand'
}
