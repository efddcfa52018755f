import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionFromKubeconfig } from '@flotilla/agent/cluster/auth'
import { createClusterClient, type Cluster as Client } from '@flotilla/agent/cluster/client'
import type { Application } from '@flotilla/shared/argo/application'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { startGitServer, type GitServer } from '@flotilla/test-devenv/git-server'
import { startLink, type Link } from '@flotilla/test-devenv/link'
import { createCluster, type Cluster } from '@flotilla/test-kube/cluster'
import { Program } from './programs.ts'
import { restOf } from './rest.ts'

export interface ProcessMember {
  readonly cluster: Cluster
  /** Between the agent and the hub. */
  readonly link: Link
  readonly agent: Program
}

const applications = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'

/** A world whose hub and agents are processes of their own, to be killed and measured; `buildPrograms` comes first. */
export class ProcessWorld implements AsyncDisposable {
  readonly #dir: string
  readonly git: GitServer
  readonly hub: Program
  readonly url: string
  readonly members = new Map<string, ProcessMember>()
  /** The hub's files, as they are to be seen from here. */
  readonly data: string
  readonly client: Client

  private constructor(dir: string, git: GitServer, hub: Program, url: string, data: string, client: Client) {
    this.#dir = dir
    this.git = git
    this.hub = hub
    this.url = url
    this.data = data
    this.client = client
  }

  /** `diskMegabytes`: the hub's data is on a disk of its own, of that size, which only that process has; it dies with it. */
  static async open(clusters: readonly string[], diskMegabytes?: number): Promise<ProcessWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'flotilla-processes-'))
    const git = await startGitServer({ root: join(dir, 'git') })
    const data = join(dir, 'hub')
    await mkdir(data)
    const { hub, url } = diskMegabytes === undefined ? await startHub(data) : await startOnDisk(data, diskMegabytes)
    const seen = diskMegabytes === undefined ? data : join('/proc', String(hub.pid), 'root', data)
    const world = new ProcessWorld(dir, git, hub, url, seen, await clientOf(join(seen, 'kubeconfig')))
    await world.merge('/api/v1/namespaces/argocd/configmaps/argocd-cm', {
      data: { 'controller.sync.wave.delay.seconds': '0' },
    })
    for (const name of clusters) world.members.set(name, await enrol(dir, name, url))
    return world
  }

  /** Makes an application of a repository of its own; `rest` is what it has beside the source. */
  async create(
    name: string,
    files: Readonly<Record<string, string>>,
    { spec, ...rest }: { spec: object; operation?: object },
  ): Promise<void> {
    const source = { repoURL: await this.git.create(name, files), path: '.', targetRevision: 'main' }
    const body = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name, namespace: 'argocd' },
      spec: { project: 'default', source, ...spec },
      ...rest,
    }
    await this.client.request({ method: 'POST', path: applications, body })
  }

  /** `undefined` also while the hub does not answer. */
  async application(name: string): Promise<Application | undefined> {
    const answer = await this.client.request({ method: 'GET', path: `${applications}/${name}` }).catch(() => undefined)
    return answer && (JSON.parse(answer.text) as Application)
  }

  refresh(name: string): Promise<unknown> {
    return this.merge(`${applications}/${name}`, {
      metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } },
    })
  }

  merge(path: string, body: object): Promise<unknown> {
    return this.client.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const members = [...this.members.values()]
    await Promise.all([this.hub.kill(), this.client.close(), ...members.map(({ agent }) => agent.kill())])
    await Promise.all([this.git.close(), ...members.flatMap(({ cluster, link }) => [cluster.close(), link.close()])])
    await rm(this.#dir, { recursive: true, force: true })
  }
}

async function startOnDisk(dir: string, megabytes: number): Promise<{ hub: Program; url: string }> {
  const hub = new Program('hub-process', [dir, '0'], { dir, megabytes })
  return { hub, url: await hub.start() }
}

/** Starts it once to learn a free port, which it keeps when it is started again. */
async function startHub(data: string): Promise<{ hub: Program; url: string }> {
  const first = new Program('hub-process', [data, '0'])
  const url = await first.start()
  await first.kill()
  const hub = new Program('hub-process', [data, new URL(url).port])
  await hub.start()
  return { hub, url }
}

async function clientOf(kubeconfig: string): Promise<Client> {
  const connection = await connectionFromKubeconfig(kubeconfig, { allowExec: false })
  return createClusterClient({ connection, clock: realClock, random: realRandom })
}

async function enrol(dir: string, name: string, url: string): Promise<ProcessMember> {
  const pace = { startMs: 20, runMs: 30, stopMs: 10 }
  const cluster = await createCluster({ clock: realClock, random: realRandom, nodes: 1, pace })
  const kubeconfig = join(dir, `${name}.kubeconfig`)
  await writeFile(kubeconfig, cluster.kubeconfig)
  const { port } = new URL(url)
  const link = await startLink(() => Number(port))
  const { text } = await (await restOf(url, 'pw')).send('POST', `/api/v1/clusters/${name}/enrolment`, {})
  const { token } = JSON.parse(text) as { token: string }
  const hub = ['--hub', url.replace(port, String(link.port)), '--token', token]
  const agent = new Program('agent-process', [
    ...hub,
    '--kubeconfig',
    kubeconfig,
    '--state',
    join(dir, `${name}-agent`),
  ])
  await agent.start()
  return { cluster, link, agent }
}
