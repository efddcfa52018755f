import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Application } from '@flotilla/shared/argo/application'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { ObjectRef } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createWorld, type Member, type World, type WorldOptions } from '@flotilla/test-devenv/world'
import type { RequestRecord } from '@flotilla/test-kube/faults'

export type Files = Readonly<Record<string, string | null>>

/** What a test says of an application; the rest is as most tests want it. */
export interface AppOptions {
  readonly cluster?: string
  readonly path?: string
  readonly namespace?: string
  /** Absent: automated, with prune and self-heal. */
  readonly syncPolicy?: Record<string, unknown>
  readonly finalizers?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly spec?: Record<string, unknown>
}

/** Waits a fifth of what it is asked to: pauses after failures are for real clusters. */
const hurried: Clock = {
  now: () => realClock.now(),
  after: (ms, callback) => realClock.after(ms > 100 ? ms / 5 : ms, callback),
}

/** A world with a folder of its own, and words for what tests do in it. */
export class FleetWorld implements AsyncDisposable {
  readonly world: World
  readonly #dir: string

  private constructor(world: World, dir: string) {
    this.world = world
    this.#dir = dir
  }

  static async open(options: Partial<WorldOptions> = {}): Promise<FleetWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'flotilla-e2e-'))
    const world = await createWorld({
      dir,
      log: silentLog(),
      adminPassword: 'e2e-password',
      clusters: { c1: {} },
      pace: { startMs: 20, runMs: 30, stopMs: 10 },
      webhook: true,
      slowMs: 300,
      random: { ...realRandom, next: () => 0.02 },
      clock: hurried,
      ...options,
    })
    const fleet = new FleetWorld(world, dir)
    await fleet.set('argocd-cm', { 'controller.sync.wave.delay.seconds': '0' })
    return fleet
  }

  get dir(): string {
    return this.#dir
  }

  member(name = 'c1'): Member {
    const member = this.world.members.get(name)
    if (!member) throw new Error(`no cluster ${name}`)
    return member
  }

  /** Changes keys of a ConfigMap of settings. */
  async set(name: string, data: Readonly<Record<string, string | null>>): Promise<void> {
    await this.world.hub.objects.patch({ ...configMaps, namespace: 'argocd', name }, { data }, { type: 'merge' })
  }

  /** Makes a repository for an application of the same name, and the application. */
  async app(name: string, files: Readonly<Record<string, string>>, options: AppOptions = {}): Promise<void> {
    await this.world.git.create(name, files)
    await this.create(name, options)
  }

  /** Makes an application of the repository of its name. */
  async create(name: string, options: AppOptions = {}): Promise<void> {
    const app = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name,
        namespace: 'argocd',
        ...(options.finalizers && { finalizers: [...options.finalizers] }),
        ...(options.annotations && { annotations: { ...options.annotations } }),
      },
      spec: {
        project: 'default',
        source: { repoURL: `${this.world.git.url}/${name}.git`, path: options.path ?? '.', targetRevision: 'main' },
        destination: { name: options.cluster ?? 'c1', namespace: options.namespace ?? name },
        syncPolicy: options.syncPolicy ?? {
          automated: { prune: true, selfHeal: true },
          syncOptions: ['CreateNamespace=true'],
        },
        ...options.spec,
      },
    }
    await this.world.hub.objects.create(
      { ...resources.applications, namespace: 'argocd' },
      app as unknown as KubeObject,
    )
  }

  async application(name: string): Promise<Application | undefined> {
    return (await this.world.hub.objects.get(refOf(resources.applications, 'argocd', name)).catch(absent)) as
      | Application
      | undefined
  }

  /** Patches an application as a user of kubectl would. */
  async patch(name: string, body: Record<string, unknown>): Promise<void> {
    await this.world.hub.objects.patch(refOf(resources.applications, 'argocd', name), body, { type: 'merge' })
  }

  /** Waits until an application is as `wanted` says. */
  async until(name: string, wanted: (app: Application) => boolean, withinMs = 30_000): Promise<Application> {
    let app: Application | undefined
    await eventually(
      async () => {
        app = await this.application(name)
        return app !== undefined && wanted(app)
      },
      () => `${name}: ${summary(app)}`,
      withinMs,
    )
    return app as Application
  }

  /** Waits until an application is synced to a revision (where given), healthy, and at rest. */
  settled(name: string, revision?: string, withinMs?: number): Promise<Application> {
    return this.until(name, (app) => isSettled(app, revision), withinMs)
  }

  /** A live object, from behind the API. */
  async live(
    kind: keyof typeof kinds,
    namespace: string,
    name: string,
    cluster = 'c1',
  ): Promise<KubeObject | undefined> {
    return this.member(cluster)
      .cluster.objects.get({ ...kinds[kind], namespace, name } as ObjectRef)
      .catch(absent)
  }

  /** Waits until a live object is as `wanted` says; `undefined` where there is none. */
  async untilLive(
    at: readonly [kind: keyof typeof kinds, namespace: string, name: string, cluster?: string],
    wanted: (object: KubeObject | undefined) => boolean,
    withinMs?: number,
  ): Promise<KubeObject | undefined> {
    let object: KubeObject | undefined
    await eventually(
      async () => wanted((object = await this.live(...at))),
      () => `${at.join(' ')}: ${JSON.stringify(object)}`,
      withinMs,
    )
    return object
  }

  /** Writes that came to a cluster over HTTP since a mark, dry runs' too. */
  writes(cluster = 'c1', since = 0): RequestRecord[] {
    return this.member(cluster)
      .cluster.requests.slice(since)
      .filter(({ verb, resource }) => writing.has(verb) && !reviews.has(resource))
  }

  /** Now, for `writes`. */
  mark(cluster = 'c1'): number {
    return this.member(cluster).cluster.requests.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world.close()
    await rm(this.#dir, { recursive: true, force: true })
  }
}

const configMaps = { group: '', version: 'v1', resource: 'configmaps' }

export const kinds = {
  ConfigMap: configMaps,
  Secret: { group: '', version: 'v1', resource: 'secrets' },
  Namespace: { group: '', version: 'v1', resource: 'namespaces' },
  Service: { group: '', version: 'v1', resource: 'services' },
  Pod: { group: '', version: 'v1', resource: 'pods' },
  Deployment: { group: 'apps', version: 'v1', resource: 'deployments' },
  Job: { group: 'batch', version: 'v1', resource: 'jobs' },
} as const

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
const reviews: ReadonlySet<string> = new Set([
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
])

export function isSettled(app: Application, revision?: string): boolean {
  const { sync, health, operationState } = app.status ?? {}
  return (
    sync?.status === 'Synced' &&
    (revision === undefined || sync.revision === revision) &&
    health?.status === 'Healthy' &&
    app.operation === undefined &&
    operationState?.phase === 'Succeeded' &&
    (revision === undefined || operationState.syncResult?.revision === revision)
  )
}

/** Waits for a condition; says what was there when time is up. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  describe: () => string,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${describe()}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

export function summary(app: Application | undefined): string {
  if (!app) return 'absent'
  const { sync, health, operationState, conditions } = app.status ?? {}
  return JSON.stringify({
    sync: sync?.status,
    revision: sync?.revision,
    health: health?.status,
    operation: operationState && [operationState.phase, operationState.message, operationState.syncResult?.revision],
    pending: app.operation,
    conditions: conditions?.map(({ type, message }) => `${type}: ${message}`),
  })
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}, annotations = {}): string {
  return yaml({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data })
}

export function deployment(
  name: string,
  options: { image?: string; replicas?: number; annotations?: object } = {},
): string {
  const labels = { app: name }
  return yaml({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, annotations: options.annotations ?? {} },
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: options.image ?? 'registry.example.com/app:1' }] },
      },
    },
  })
}

export function job(name: string, annotations: object, image = 'registry.example.com/job:1'): string {
  return yaml({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } } },
  })
}

/** JSON is YAML. */
export function yaml(...objects: object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}

function absent(error: unknown): undefined {
  if (error instanceof StatusError && error.status.reason === 'NotFound') return undefined
  throw error
}
