import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Application } from '@flotilla/shared/argo/application'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { configMap, eventually, isSettled, kinds, summary } from './fleet-world.ts'
import { ProcessWorld, type ProcessMember } from './process-world.ts'
import { buildPrograms, type Program } from './programs.ts'

/**
 * Days of a fleet in a moment: commits, drift, cut links, killed agents, a hub that is killed, clusters that fail now and then.
 * FLOTILLA_SOAK_CYCLES=2000 FLOTILLA_SOAK_CLUSTERS=10 FLOTILLA_SOAK_APPS=100 make it a long one, which prints what it sees.
 */
const setting = (name: string, otherwise: number): number => Number(process.env[`FLOTILLA_SOAK_${name}`] ?? otherwise)
const cycles = setting('CYCLES', 30)
const clusters = Array.from({ length: setting('CLUSTERS', 2) }, (_, n) => `c${n + 1}`)
const apps = Array.from({ length: setting('APPS', 6) }, (_, n) => `app-${n}`)
const random = seededRandom(44)

interface Size {
  readonly rssMiB: number
  readonly files: number
}

interface Sample {
  readonly turn: number
  readonly hub: Size
  /** The one that is never killed. */
  readonly agent: Size
  readonly storeKiB: number
}

async function sizeOf(program: Program): Promise<Size> {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${program.pid}/status`, 'utf8')) ?? []
  return { rssMiB: Math.round(Number(kib) / 1024), files: (await readdir(`/proc/${program.pid}/fd`)).length }
}

async function sample(world: ProcessWorld, turn: number): Promise<Sample> {
  const files = await readdir(world.data, { recursive: true })
  const database = files.filter((name) => /flotilla\.db/.test(name))
  const sizes = await Promise.all(database.map(async (name) => (await stat(join(world.data, name))).size))
  const storeKiB = Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024)
  return { turn, hub: await sizeOf(world.hub), agent: await sizeOf(memberOf(world, 0).agent), storeKiB }
}

const memberOf = (world: ProcessWorld, app: number): ProcessMember => {
  const member = world.members.get(clusters[app % clusters.length] ?? '')
  if (!member) throw new Error('no cluster')
  return member
}

/** What befalls a fleet while a commit is on its way; each answers what ends it. */
const troubles: Readonly<
  Record<string, (world: ProcessWorld, app: number) => Promise<(() => Promise<unknown>) | undefined>>
> = {
  nothing: async () => undefined,
  async cutLink(world, app) {
    const { link } = memberOf(world, app)
    link.cut()
    return async () => link.restore()
  },
  async endedWatches(world, app) {
    memberOf(world, app).cluster.cutWatches()
    return undefined
  },
  async expiredWatches(world, app) {
    memberOf(world, app).cluster.faults.add({ match: { verb: 'watch' }, effect: { kind: 'gone' }, times: 2 })
    return undefined
  },
  async failedWrites(world, app) {
    const { faults } = memberOf(world, app).cluster
    faults.add({ match: { verb: 'patch', resource: 'configmaps' }, effect: { kind: 'error', code: 500 }, times: 2 })
    return undefined
  },
  async killedAgent(world, app) {
    if (app % clusters.length === 0) return undefined
    const { agent } = memberOf(world, app)
    await agent.kill()
    return () => agent.start()
  },
}

async function cycle(world: ProcessWorld, turn: number): Promise<void> {
  const app = Math.floor(random.next() * apps.length)
  const name = apps[app] ?? ''
  const { cluster } = memberOf(world, app)
  const at = { ...kinds.ConfigMap, namespace: name, name: 'a' }
  const names = Object.keys(troubles)
  const trouble = names[Math.floor(random.next() * names.length)] ?? 'nothing'
  // Killed early on, to be measured for the rest of its life.
  const killed = turn % 10 === 5 && turn < cycles / 3
  if (killed) await world.hub.kill()
  const end = await troubles[trouble]?.(world, app)
  const commit = await world.git.commit(name, {
    'a.yaml': configMap('a', { turn: String(turn) }),
    'extra.yaml': random.next() < 0.5 ? configMap('extra', { turn: String(turn) }) : configMap(`other-${turn}`),
  })
  await cluster.objects.patch(at, { data: { turn: 'drift' } }, { type: 'merge' })
  await end?.()
  if (killed) await world.hub.start()
  await world.refresh(name)
  let seen: Application | undefined
  await eventually(
    async () => {
      const live = (await cluster.objects.get(at).catch(() => undefined))?.['data'] as { turn?: string } | undefined
      if (live?.turn !== String(turn)) return false
      seen = await world.application(name)
      return seen !== undefined && isSettled(seen, commit)
    },
    () => `turn ${turn}, ${trouble}${killed ? ', hub killed' : ''}, ${name}: ${summary(seen)}`,
    90_000,
  )
}

beforeAll(buildPrograms)

test(
  'F-44, INV-18: a fleet that lives through a lot is as small afterwards as before, and nothing is stuck',
  { timeout: 240_000 + (cycles + apps.length) * 5_000 },
  async () => {
    await using world = await ProcessWorld.open(clusters)
    for (const [n, name] of apps.entries())
      await world.create(
        name,
        { 'a.yaml': configMap('a', { turn: '0' }) },
        {
          spec: {
            destination: { name: clusters[n % clusters.length], namespace: name },
            syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
          },
        },
      )
    for (const name of apps)
      await eventually(
        async () => isSettled((await world.application(name)) ?? ({} as Application)),
        () => `${name} is not synced`,
      )
    const samples: Sample[] = []
    for (let turn = 1; turn <= cycles; turn++) {
      await cycle(world, turn)
      if (turn % 10 === 0) samples.push(await sample(world, turn))
    }
    if (cycles > 100) for (const one of samples) process.stdout.write(`${JSON.stringify(one)}\n`)

    const [early, late] = [samples[Math.floor(samples.length / 2)], samples.at(-1)]
    if (!early || !late) throw new Error('too few cycles')
    for (const part of ['hub', 'agent'] as const) {
      expect(late[part].rssMiB, `${part}: MiB`).toBeLessThan(early[part].rssMiB * 1.15 + 16)
      expect(late[part].files, `${part}: open files`).toBeLessThanOrEqual(early[part].files + 10)
    }
    expect(early.storeKiB).toBeGreaterThan(0)
    expect(late.storeKiB, 'KiB on disk').toBeLessThan(early.storeKiB * 2 + 8192)
    for (const name of apps) expect((await world.application(name))?.operation).toBeUndefined()
  },
)
