import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAgent, type Agent } from '@flotilla/agent/agent'
import { connectionFromKubeconfig } from '@flotilla/agent/cluster/auth'
import { engineOn } from '@flotilla/agent/cluster-engine'
import { createHub, type Hub } from '@flotilla/hub/hub'
import type { Actor } from '@flotilla/shared/apiserver/objects'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { realClock } from '@flotilla/shared/runtime/clock'
import { createLog, type Log } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createCluster, type Cluster } from '@flotilla/test-kube/cluster'
import type { Pace } from '@flotilla/test-kube/kubelet/lifecycle'
import { startGitServer, type GitServer } from './git-server.ts'
import { startLink, type Link } from './link.ts'
import { tellHub } from './webhook.ts'

export interface WorldOptions {
  /** Folder for everything; the caller removes it. */
  readonly dir: string
  /** Names of clusters that join at once, with their labels. */
  readonly clusters?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly adminPassword?: string
  /** 0: any free port. */
  readonly hubPort?: number
  readonly insecure?: boolean
  readonly pollMs?: number
  readonly log?: Log
  /** The hub's own cluster is a destination too. */
  readonly inCluster?: boolean
  /** How fast containers start and end; absent: as the cluster has it. */
  readonly pace?: Pace
  /** Bearer tokens of the clusters' users, beside the administrator's. */
  readonly tokens?: ReadonlyMap<string, Actor>
  /** Pushes to the Git server reach the hub's webhook. */
  readonly webhook?: boolean
  /** How long an agent waits before it comes back to a hub that turned it away. */
  readonly slowMs?: number
  /** Of the agents: tests that wait for them to come back want short pauses. */
  readonly random?: Random
  /** Of the agents, likewise. */
  readonly clock?: Clock
}

/** A cluster of the world with its agent. */
export interface Member {
  readonly name: string
  readonly cluster: Cluster
  readonly kubeconfig: string
  /** Between its agent and the hub. */
  readonly link: Link
  agent: Agent | undefined
  /** Starts its agent; enrols it where it has never joined. */
  join(): Promise<void>
  leave(): Promise<void>
}

/** A hub, clusters, agents and a Git server in one process, all real. */
export interface World {
  readonly git: GitServer
  hub: Hub
  readonly members: ReadonlyMap<string, Member>
  /** A cluster with nodes; its agent joins when told. */
  addCluster(name: string, labels?: Readonly<Record<string, string>>): Promise<Member>
  stopHub(): Promise<void>
  startHub(): Promise<void>
  close(): Promise<void>
}

/** Makes a world; everything listens on loopback. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const { dir } = options
  const log = options.log ?? createLog({ level: 'error' })
  await mkdir(dir, { recursive: true })
  const git = await startGitServer({
    root: join(dir, 'git'),
    ...(options.webhook && { pushed: (name) => void tellHub(world.hub.url, `${git.url}/${name}.git`) }),
  })
  let port = options.hubPort ?? 0

  const startHub = async (): Promise<Hub> => {
    const hub = await createHub(
      {
        data: join(dir, 'hub'),
        host: '127.0.0.1',
        port,
        insecure: options.insecure ?? false,
        adminPassword: options.adminPassword,
        pollMs: options.pollMs ?? 60_000,
      },
      {
        log,
        inCluster: options.inCluster
          ? async (access) => {
              const file = join(dir, 'in-cluster.kubeconfig')
              await writeFile(file, access.kubeconfig, { mode: 0o600 })
              const agent = await runAgent(access.hubUrl, access.joinToken, file, join(dir, 'in-cluster'))
              return () => agent.close()
            }
          : undefined,
      },
    )
    port = Number(new URL(hub.url).port)
    return hub
  }

  const runAgent = async (
    hubUrl: string,
    token: string | undefined,
    kubeconfig: string,
    state: string,
  ): Promise<Agent> =>
    createAgent({
      ...engineOn(await connectionFromKubeconfig(kubeconfig, { allowExec: false })),
      hub: hubUrl,
      token,
      state,
      clock: options.clock ?? realClock,
      random: options.random ?? realRandom,
      log,
      slowMs: options.slowMs,
    })

  const members = new Map<string, Member>()
  const world: World = {
    git,
    hub: await startHub(),
    members,
    async addCluster(name, labels = {}) {
      const { pace, tokens } = options
      const more = { ...(pace && { pace }), ...(tokens && { tokens }) }
      const cluster = await createCluster({ clock: realClock, random: realRandom, nodes: 2, ...more })
      const kubeconfig = join(dir, `${name}.kubeconfig`)
      await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 })
      const link = await startLink(() => port)
      let token: string | undefined
      const member: Member = {
        name,
        cluster,
        kubeconfig,
        link,
        agent: undefined,
        async join() {
          token ??= (await world.hub.fleet.addCluster(name, { labels })).token
          const hub = new URL(world.hub.url)
          hub.port = String(link.port)
          member.agent = await runAgent(hub.origin, token, kubeconfig, join(dir, `agent-${name}`))
        },
        async leave() {
          await member.agent?.close()
          member.agent = undefined
        },
      }
      members.set(name, member)
      return member
    },
    async stopHub() {
      await world.hub.stop()
    },
    async startHub() {
      world.hub = await startHub()
    },
    async close() {
      for (const member of members.values()) await member.leave()
      await world.hub.stop()
      for (const { link, cluster } of members.values()) await Promise.all([link.close(), cluster.close()])
      await git.close()
    },
  }
  for (const [name, labels] of Object.entries(options.clusters ?? {}))
    await (await world.addCluster(name, labels)).join()
  return world
}
