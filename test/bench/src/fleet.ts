import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Application } from '@flotilla/shared/argo/application'
import { environment } from '@flotilla/shared/runtime/environment'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { dump } from 'js-yaml'
import { Api, inFlight } from './api.ts'
import { makeNamespaces } from './floor.ts'
import { Program, type Usage } from './processes.ts'
import { Tally } from './tally.ts'
import { application, folderOf, type Workload } from './workload.ts'

export interface FleetOptions {
  /** The folder of the built programs: the repository, unless told otherwise. */
  readonly root: string
  readonly workload: Workload
  readonly applications: number
  readonly agents: number
  /** An external cluster instead of embedded ones; then there is one agent. */
  readonly kubeconfig?: string | undefined
  /** Where CPU profiles of hub and agents go. */
  readonly profile?: string | undefined
}

/** CPU and memory of each side, for one phase. */
export interface Cost {
  readonly seconds: number
  readonly hub: Usage
  /** All agents together; the memory of the largest. */
  readonly agents: Usage
  readonly cluster: Usage | undefined
  /** What the agents asked of the clusters, by verb. */
  readonly requests: Readonly<Record<string, number>> | undefined
  /** What the hub wrote to its own objects. */
  readonly writes: number
}

const applicationsPath = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'

/** Starts clusters in a process of their own. */
export async function startClusters(root: string, kubeconfigs: readonly string[]): Promise<Program> {
  const program = path.join(root, 'test/bench/dist/clusters.js')
  return (await Program.start([program, ...kubeconfigs], /clusters ready/, { ipc: true })).program
}

/** A hub, agents, clusters and a Git server: all but the last in processes of their own. */
export class Fleet {
  readonly apis: readonly Api[]
  readonly tally: Tally
  readonly #options: FleetOptions
  readonly #git: GitServer
  readonly #hub: Program
  readonly #hubUrl: string
  readonly #hubApi: Api
  readonly #agents: readonly Program[]
  readonly #clusters: Program | undefined
  readonly #directory: string
  #repository = ''
  #revision = 0
  readonly #synced = new Set<string>()

  private constructor(parts: {
    readonly options: FleetOptions
    readonly git: GitServer
    readonly hub: Program
    readonly hubUrl: string
    readonly hubApi: Api
    readonly agents: readonly Program[]
    readonly clusters: Program | undefined
    readonly apis: readonly Api[]
    readonly tally: Tally
    readonly directory: string
  }) {
    this.#options = parts.options
    this.#git = parts.git
    this.#hub = parts.hub
    this.#hubUrl = parts.hubUrl
    this.#hubApi = parts.hubApi
    this.#agents = parts.agents
    this.#clusters = parts.clusters
    this.#directory = parts.directory
    this.apis = parts.apis
    this.tally = parts.tally
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const { root, workload, agents: count } = options
    const directory = await mkdtemp(path.join(tmpdir(), 'flotilla-bench-'))
    const git = await startGitServer({ root: path.join(directory, 'git') })
    const external = options.kubeconfig
    const names = Array.from({ length: external === undefined ? count : 1 }, (_, index) => `cluster-${index}`)
    const kubeconfigs = names.map((name) => external ?? path.join(directory, `${name}.kubeconfig`))
    const clusters = external === undefined ? await startClusters(root, kubeconfigs) : undefined
    const apis = kubeconfigs.map((file) => new Api(file))
    await makeNamespaces(apis)
    const flotilla = path.join(root, 'hub/bin/flotilla.js')
    const data = path.join(directory, 'hub')
    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : []
    const { program: hub, said } = await Program.start(
      [...profiling, flotilla, 'hub', '--data', data, '--listen', '127.0.0.1:0', '--insecure'],
      /flotilla hub at (\S+)[^]*its objects:/,
      { env: { FLOTILLA_ADMIN_PASSWORD: 'password', ...environment } },
    )
    const hubUrl = said?.[1] ?? ''
    const hubApi = new Api(path.join(data, 'kubeconfig'))
    const agents: Program[] = []
    for (const [index, name] of names.entries()) {
      const token = await joinToken(hubUrl, name)
      const state = path.join(directory, `agent-${index}`)
      const args = ['agent', '--hub', hubUrl, '--token', token, '--state', state, '--log-level', 'warn']
      const command = [...profiling, flotilla, ...args, '--kubeconfig', kubeconfigs[index] ?? '']
      agents.push((await Program.start(command, undefined, { env: environment })).program)
    }
    await connected(hubUrl, names.length)
    const tally = await Tally.start(apis, workload)
    const fleet = new Fleet({ options, git, hub, hubUrl, hubApi, agents, clusters, apis, tally, directory })
    await hubApi.watch(applicationsPath, (_, application) => fleet.#seen(application as unknown as Application))
    return fleet
  }

  /** Puts the first round into Git. */
  async seed(round: number): Promise<void> {
    this.#repository = await this.#git.create('apps', {})
    await git(this.#directory, 'clone', '-q', this.#git.path('apps'), 'work')
    await this.commit(round)
  }

  /** Has the hub know all applications; they begin to sync as they come. */
  async createApplications(): Promise<void> {
    const indexes = Array.from({ length: this.#options.applications }, (_, index) => index)
    const clusters = this.apis.length
    await inFlight(indexes, 32, (index) =>
      this.#hubApi.request(
        'POST',
        applicationsPath,
        application(index, this.#repository, `cluster-${index % clusters}`),
      ),
    )
  }

  /** Commits a round for all applications or for one, without telling the hub. */
  async commit(round: number, only?: number): Promise<void> {
    const work = path.join(this.#directory, 'work')
    for (const [file, text] of Object.entries(this.#files(round, only))) {
      await mkdir(path.dirname(path.join(work, file)), { recursive: true })
      await writeFile(path.join(work, file), text)
    }
    await git(work, 'add', '-A')
    await git(work, 'commit', '-q', '-m', `Round ${round}`)
    await git(work, 'push', '-q', 'origin', 'HEAD:main')
  }

  /** Tells the hub of the push, as a Git host would. */
  async push(): Promise<void> {
    const url = this.#repository
    const payload = { ref: 'refs/heads/main', repository: { clone_url: url, html_url: url, default_branch: 'main' } }
    const answer = await fetch(`${this.#hubUrl}/api/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-github-event': 'push' },
      body: JSON.stringify(payload),
    })
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}: ${await answer.text()}`)
  }

  /** Waits until the hub calls all applications synced, as seen by a watch: asking again and again would cost the hub more than its work. */
  async synced(seconds = 300): Promise<void> {
    const end = performance.now() + seconds * 1000
    while (this.#synced.size < this.#options.applications) {
      if (performance.now() > end) throw new Error(`only ${this.#synced.size} applications are synced`)
      await sleep(50)
    }
  }

  /** Measures each side while something is done. */
  async measure(work: () => Promise<void>): Promise<Cost> {
    await this.#requests()
    this.#revision = await this.revision()
    const all = [this.#hub, ...this.#agents, ...(this.#clusters ? [this.#clusters] : [])]
    for (const program of all) program.mark()
    const started = performance.now()
    await work()
    return this.cost((performance.now() - started) / 1000)
  }

  /** What it has cost since the last measurement began. */
  async cost(seconds: number): Promise<Cost> {
    const agents = this.#agents.map((agent) => agent.usage())
    return {
      seconds,
      hub: this.#hub.usage(),
      agents: {
        cpuSeconds: agents.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
        peakMiB: Math.max(...agents.map(({ peakMiB }) => peakMiB)),
      },
      cluster: this.#clusters?.usage(),
      requests: await this.#requests(),
      writes: (await this.revision()) - this.#revision,
    }
  }

  async stop(): Promise<void> {
    this.tally.stop()
    await Promise.all(this.#agents.map((agent) => agent.stop()))
    for (const api of [...this.apis, this.#hubApi]) api.close()
    await this.#hub.stop()
    await this.#clusters?.stop()
    await this.#git.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #seen({ metadata, status }: Application): void {
    const isSynced = status?.sync?.status === 'Synced' && status.operationState?.phase === 'Succeeded'
    if (isSynced) this.#synced.add(metadata.name ?? '')
    else this.#synced.delete(metadata.name ?? '')
  }

  /** How much the hub has written to its own objects, in all. */
  async revision(): Promise<number> {
    const text = await this.#hubApi.request('GET', '/api/v1/namespaces?limit=1')
    return Number((JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion)
  }

  #files(round: number, only?: number): Record<string, string> {
    const { applications, workload } = this.#options
    const indexes = only === undefined ? Array.from({ length: applications }, (_, index) => index) : [only]
    return Object.fromEntries(
      indexes.flatMap((index) =>
        workload
          .objects(index, round)
          .map((object) => [`${folderOf(index)}/${object.kind.toLowerCase()}.yaml`, dump(object)]),
      ),
    )
  }

  async #requests(): Promise<Record<string, number> | undefined> {
    const child = this.#clusters?.child
    if (!child) return undefined
    return new Promise((resolve) => {
      child.once('message', (counts) => resolve(counts as Record<string, number>))
      child.send('requests')
    })
  }
}

const run = promisify(execFile)

async function git(cwd: string, ...args: string[]): Promise<void> {
  const user = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.com', '-c', 'gc.auto=0']
  await run('git', [...user, ...args], { cwd })
}

/** A call of the hub's REST API as `admin`. */
async function rest<T>(hubUrl: string, method: string, where: string, body?: unknown): Promise<T> {
  const call = async (how: string, at: string, sent: unknown, token = ''): Promise<unknown> => {
    const headers = {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    }
    const answer = await fetch(`${hubUrl}${at}`, { method: how, headers, body: sent ? JSON.stringify(sent) : null })
    if (!answer.ok) throw new Error(`${at} answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }
  const login = { username: 'admin', password: 'password' }
  const { token } = (await call('POST', '/api/v1/session', login)) as { token: string }
  return (await call(method, where, body, token)) as T
}

async function joinToken(hubUrl: string, name: string): Promise<string> {
  return (await rest<{ token: string }>(hubUrl, 'POST', `/api/v1/clusters/${name}/enrolment`, {})).token
}

/** Waits until the agents of so many clusters are connected. */
async function connected(hubUrl: string, count: number): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 250) {
    const { items } = await rest<{ items: { name: string; connectionState: { status: string } }[] }>(
      hubUrl,
      'GET',
      '/api/v1/clusters',
    )
    const here = items.filter(
      ({ name, connectionState }) => name.startsWith('cluster-') && connectionState.status === 'Successful',
    )
    if (here.length >= count) return
    await sleep(250)
  }
  throw new Error('the agents do not connect')
}
