import { annotation } from '@flotilla/shared/argo/annotations'
import type { Application } from '@flotilla/shared/argo/application'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { isObject } from '@flotilla/shared/lang/json'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { misfit } from '@flotilla/shared/argo/served'
import { startInformer, type Informer, type Scruples } from '@flotilla/shared/runtime/informer'
import { createWorkQueue, type WorkQueue } from '@flotilla/shared/runtime/work-queue'
import type { Fleet, ReportReceiver } from '../fleet/ports.ts'
import type { Repositories } from '../git/repository.ts'
import { createProjectRules, sameRules, type ProjectRules } from '../projects/rules.ts'
import type { ProjectSpec } from '../projects/permits.ts'
import type { Renderer } from '../render/render.ts'
import type { SettingsSource } from '../settings/settings.ts'
import type { Json, Records } from '../store/records.ts'
import { nextTryAt } from './attempts.ts'
import type { AssignmentBook } from './assignment-book.ts'
import { failedHere, isPaused, isRefreshed, lastEnd, relevantChange, unchanged } from './changes.ts'
import type { Clusters } from './clusters.ts'
import { recordEvent } from '../events/record.ts'
import { eventsOf } from './events.ts'
import { sameRun } from './history.ts'
import { nextApplication } from './next.ts'
import { orderFinished, runOf } from './operation.ts'
import { reconcile, refreshWanted, type Outcome, type ReconcileTools } from './reconcile.ts'
import { RetryLooks } from './retry-looks.ts'
import { ServedChanges } from './served-changes.ts'
import { awayGrace, sightOf } from './sight.ts'
import { SourceInterests } from './source-interests.ts'

export interface ApplicationControllerOptions {
  readonly objects: Objects
  readonly records: Records
  readonly book: AssignmentBook
  readonly renderer: Renderer
  readonly repositories: Repositories
  readonly clusters: Clusters
  readonly settings: SettingsSource
  readonly fleet: () => Fleet
  readonly clock: Clock
  readonly random: Random
  readonly log: { warn(fields: object, message: string): void }
}

interface Memory {
  outcome: Outcome | undefined
  report: ApplicationReport | undefined
  /** The spec, the sources or the settings may have changed since the last pass. */
  dirty: boolean
  /** The refresh that the annotation asked for, as its number in the assignment. */
  refreshing: { readonly number: number; readonly stamp: string } | undefined
  /** The run that the agent told of last when an operation failed here: it is the older of the two. */
  superseded: string | undefined
  /** The operation that had ended last when manifests were made last. */
  madeAfter: string | undefined
  /** When manifests could not be made. */
  failedAt: number | undefined
}

/** Until then a new application has no status, where its agent is there to report. */
const firstReportGrace = 30_000
const reportKind = 'report'
const supersededKind = 'superseded-run'
const retryDelay = 10_000
/** As often as Argo CD refreshes an application. */
const failureDelay = 180_000

/** Keeps the assignments of every application and its status up to date; all that it knows is in the store. */
export class ApplicationController implements ReportReceiver {
  readonly #options: ApplicationControllerOptions
  readonly #memory = new Map<string, Memory>()
  readonly #interests: SourceInterests
  readonly #looks: RetryLooks
  readonly #queue: WorkQueue
  readonly #stops: (() => void)[] = []
  readonly #served = new ServedChanges()
  #apps: Informer | undefined
  #projects: Informer | undefined
  /** What the applications of a project are held to. */
  readonly rules: ProjectRules

  constructor(options: ApplicationControllerOptions) {
    this.#options = options
    this.rules = createProjectRules(options.settings, (name) => this.project(name))
    this.#interests = new SourceInterests(options.repositories)
    this.#looks = new RetryLooks(options.clock, (key) => void this.#interests.look(key))
    this.#queue = createWorkQueue({
      clock: options.clock,
      workers: 16,
      work: (key) => this.#work(key),
      failed: (key, error) => options.log.warn({ application: key, error: String(error) }, 'reconciling failed'),
    })
  }

  /** Takes up where the last process ended. */
  async start(): Promise<void> {
    const { objects, records, repositories, clusters, settings, book, log } = this.#options
    await book.load()
    for (const { key, value } of await records.list(reportKind)) if (isReport(value)) this.#of(key).report = value
    for (const { key, value } of await records.list(supersededKind))
      if (typeof value === 'string') this.#of(key).superseded = value
    const scruples: Scruples = {
      problem: misfit,
      told: (key, problem) => log.warn({ object: key, problem }, 'an object cannot be read, and is left as it is'),
    }
    const projects = { ...resources.appProjects, namespace: controlNamespace }
    this.#projects = await startInformer(objects, projects, undefined, scruples)
    const applications = { ...resources.applications, namespace: controlNamespace }
    const apps = await startInformer(objects, applications, undefined, scruples)
    this.#apps = apps
    this.#stops.push(
      apps.onChange(({ key, object, previous }) => {
        if (!object || !previous || relevantChange(previous, object)) this.touch(key)
      }),
      this.#projects.onChange(({ object, previous, key }) => {
        if (previous && object && sameRules(previous, object)) return
        const name = key.slice(key.indexOf('/') + 1)
        for (const app of apps.values()) {
          if (this.rules.governs(name, (app as Application).spec.project || 'default')) this.touch(keyOf(app))
        }
      }),
      repositories.onMoved(({ url }) => {
        for (const key of this.#interests.readersOf(url)) this.touch(key)
      }),
      clusters.onChange((cluster) => {
        for (const app of apps.values()) {
          const { name, server } = (app as Application).spec.destination ?? {}
          const known = this.#memory.get(keyOf(app))?.outcome
          if (name === cluster || known?.cluster === cluster || (server && !known?.cluster)) this.touch(keyOf(app))
        }
      }),
      settings.onChange(() => {
        for (const app of apps.values()) this.touch(keyOf(app))
      }),
      this.#options.fleet().onPresence((cluster, presence) => {
        const isServedAnew = this.#served.changed(cluster, presence.facts)
        for (const key of book.applicationsOf(cluster)) {
          if (isServedAnew && this.#of(key).outcome?.sourceTypes?.includes('Helm')) this.#of(key).dirty = true
          if (presence.state === 'connected') this.#queue.add(key)
          else this.#queue.addAfter(key, awayGrace)
        }
      }),
    )
    for (const { name } of clusters.all()) this.#served.changed(name, this.#options.fleet().presence(name).facts)
    for (const key of [...book.applications(), ...this.#memory.keys()])
      if (!apps.get(key) && !apps.isBroken(key)) this.touch(key)
  }

  /** Has an application looked at anew, sources and all. */
  touch(key: string): void {
    this.#of(key).dirty = true
    this.#queue.add(key)
  }

  /** The applications that read from a repository. */
  usersOf(url: string): readonly string[] {
    return this.#interests.usersOf(url)
  }

  urls(): readonly string[] {
    return this.#interests.urls()
  }

  app(key: string): Application | undefined {
    return this.#apps?.get(key) as Application | undefined
  }

  /** Whether an application is stored in a form that cannot be read. */
  isBroken(app: KubeObject): boolean {
    return this.#apps?.isBroken(keyOf(app)) ?? false
  }

  apps(): Informer {
    if (!this.#apps) throw new Error('the application controller has not been started')
    return this.#apps
  }

  project(name: string): KubeObject | undefined {
    return this.#projects?.get(`${controlNamespace}/${name}`)
  }

  /** The cluster that an application's desired state was published for. */
  clusterOf(key: string): string | undefined {
    return this.#options.book.entry(key)?.cluster ?? this.#memory.get(key)?.outcome?.cluster
  }

  /** What the application's agent said last. */
  reportOf(key: string): ApplicationReport | undefined {
    return this.#memory.get(key)?.report
  }

  async report(_cluster: string, report: ApplicationReport): Promise<void> {
    const key = report.application
    this.#of(key).report = report
    await this.#options.records.put(reportKind, key, report as unknown as Json)
    this.#queue.add(key)
    this.#looks.heard(key, report)
  }

  idle(): Promise<void> {
    return this.#queue.idle()
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#queue.stop()
    this.#apps?.stop()
    this.#projects?.stop()
    this.#interests.forgetAll()
    this.#looks.stop()
  }

  #of(key: string): Memory {
    const found = this.#memory.get(key)
    if (found) return found
    const made: Memory = {
      outcome: undefined,
      report: undefined,
      dirty: true,
      refreshing: undefined,
      superseded: undefined,
      madeAfter: undefined,
      failedAt: undefined,
    }
    this.#memory.set(key, made)
    return made
  }

  async #work(key: string): Promise<void> {
    let app = this.#apps?.get(key) as Application | undefined
    for (let tries = 0; ; tries++) {
      // Nobody knows what is wanted of it: its cluster keeps what it was told last.
      if (!app && this.#apps?.isBroken(key)) return
      if (!app) return this.#forget(key)
      try {
        return await this.#pass(key, app)
      } catch (error) {
        if (!(error instanceof StatusError) || tries > 5) throw error
        if (error.status.reason === 'NotFound') return
        if (error.status.reason !== 'Conflict') throw error
        const [namespace = '', name = ''] = key.split('/')
        app = (await this.#options.objects.get(refOf(resources.applications, namespace, name)).catch(absent)) as
          | Application
          | undefined
      }
    }
  }

  async #pass(key: string, app: Application): Promise<void> {
    const memory = this.#of(key)
    if (isPaused(app)) return this.#options.book.pause(key)
    if (memory.report && memory.report.incarnation !== app.metadata.uid) memory.report = undefined
    this.#interests.update(key, app.spec)

    const { clock } = this.#options
    const { order, spent } = this.#orderOf(key, app, memory)
    const due = order && !spent ? undefined : nextTryAt(app)
    if (due !== undefined && due <= clock.now()) memory.dirty = true
    // What a render reads beside Git, as charts that it depends on, may be there again.
    if (memory.failedAt !== undefined && memory.failedAt + failureDelay <= clock.now()) memory.dirty = true
    if (memory.dirty || !memory.outcome) {
      const refreshType = refreshWanted(app)
      const refreshing = refreshType ? this.#refreshNumber(key, app, memory) : undefined
      memory.dirty = false
      const madeAfter = lastEnd(app)
      try {
        memory.outcome = await reconcile(app, this.#tools(), {
          orderSpent: spent,
          orderEnded: !!order && orderFinished(memory.report, order.id),
          failedHere: failedHere(app, memory.report, memory.superseded),
          refresh: refreshing?.fresh ? refreshing.number : undefined,
          refreshType: refreshing?.fresh ? refreshType : undefined,
          recall: !refreshing?.fresh && memory.madeAfter === madeAfter,
        })
        memory.madeAfter = madeAfter
      } catch (error) {
        memory.dirty = true
        memory.refreshing = undefined
        throw error
      }
      if (memory.outcome.transient) memory.dirty = true
      memory.failedAt = memory.outcome.renderFailure === undefined ? undefined : clock.now()
    }
    const waits = [...(memory.outcome.transient ? [retryDelay] : []), ...(due === undefined ? [] : [due - clock.now()])]
    if (memory.failedAt !== undefined) waits.push(memory.failedAt + failureDelay - clock.now())
    if (waits.length > 0) this.#queue.addAfter(key, Math.max(0, Math.min(...waits)))
    // The agent may have told of the end in the meantime; what is written must be of one piece.
    const { done } = this.#orderOf(key, app, memory)
    await this.#write(key, app, memory, memory.outcome, done)
  }

  /** The order in the book, and whether it ended just now, or had before and is on record. */
  #orderOf(key: string, app: Application, { report }: Memory) {
    const order = this.#options.book.entry(key)?.assignment.operation
    const ended = !!order && !!app.operation && orderFinished(report, order.id)
    // The end of an order and the removal of its operation are one write: where the end is on record, this is the next one.
    const spent = ended && !!report?.operationState && sameRun(app.status?.operationState, report.operationState)
    return { order, spent, done: ended && !spent }
  }

  #refreshNumber(key: string, app: Application, memory: Memory): { number: number; fresh: boolean } {
    const annotations = app.metadata.annotations ?? {}
    const stamp = `${annotations[annotation.refresh] ?? ''} ${annotations[annotation.refreshTimestamp] ?? ''}`
    if (memory.refreshing?.stamp === stamp) return { number: memory.refreshing.number, fresh: false }
    const number = (this.#options.book.entry(key)?.assignment.refresh ?? 0) + 1
    memory.refreshing = { number, stamp }
    return { number, fresh: true }
  }

  async #write(key: string, app: Application, memory: Memory, outcome: Outcome, done: boolean): Promise<void> {
    const { objects, fleet, random, records, clock } = this.#options
    const now = clock.now()
    const presence = outcome.cluster === undefined ? undefined : fleet().presence(outcome.cluster)
    const unknownBefore = app.status?.sync?.status === 'Unknown' && memory.report?.sync !== 'Unknown'
    const { blind, lookAfter, ...sight } = sightOf(outcome.cluster, presence, { now, unknownBefore })
    if (lookAfter !== undefined) this.#queue.addAfter(key, lookAfter)
    const hasBundle = this.#options.book.entry(key)?.assignment.bundle !== undefined
    const refreshed = isRefreshed(memory, outcome, blind || !hasBundle)
    const { order } = this.#orderOf(key, app, memory)
    const { report, superseded } = memory
    const nothingToDelete = this.#nothingToDelete(key)
    const seen = { outcome, report, superseded, order, done, sight, refreshed, nothingToDelete, now }
    const next = nextApplication(app, seen)
    const run = next.failed ? runOf(report) : undefined
    if (run !== undefined && run !== superseded) {
      await records.put(supersededKind, key, run)
      memory.superseded = run
    }
    if (refreshed) memory.refreshing = undefined
    if (unchanged(app, next.app, refreshed)) return
    if (presence?.state === 'connected' && this.#awaitsFirstReport(key, app, next.app, memory)) return
    const [namespace = '', name = ''] = key.split('/')
    await objects.update(refOf(resources.applications, namespace, name), next.app as unknown as KubeObject)
    // The order goes only after its end is on record: until then a restart would find both again.
    if (done || next.failed) this.touch(key)
    const about = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: app.metadata }
    for (const [place, event] of eventsOf(app.status, next.status).entries()) {
      void recordEvent(objects, about, event, { component: 'argocd-application-controller', now, random, place })
    }
  }

  /** Of a new application there is nothing to say yet that the agent will not say better in a moment. */
  #awaitsFirstReport(key: string, app: Application, next: Application, { report }: Memory): boolean {
    const told = report || app.status || app.operation || next.status?.conditions || next.status?.operationState
    const same = deepEqual({ ...app.metadata }, { ...next.metadata })
    const left = Date.parse(app.metadata.creationTimestamp ?? '') + firstReportGrace - this.#options.clock.now()
    if (told || !same || !(left > 0)) return false
    this.#queue.addAfter(key, left)
    return true
  }

  /** A cluster that no agent has ever joined cannot hold anything of ours. */
  #nothingToDelete(key: string): boolean {
    const entry = this.#options.book.entry(key)
    return !!entry?.assignment.deletion && this.#options.fleet().presence(entry.cluster).state === 'pending'
  }

  async #forget(key: string): Promise<void> {
    this.#interests.forget(key)
    this.#looks.forget(key)
    this.#memory.delete(key)
    await this.#options.book.remove(key)
    await this.#options.records.delete(reportKind, key)
    await this.#options.records.delete(supersededKind, key)
  }

  #tools(): ReconcileTools {
    const { renderer, repositories, book, clusters, settings, fleet, random } = this.#options
    return {
      renderer,
      repositories,
      book,
      clusters,
      random,
      now: () => this.#options.clock.now(),
      settings: () => settings.current(),
      project: (name) => this.rules.of(name)?.['spec'] as ProjectSpec | undefined,
      facts: (cluster) => {
        const facts = fleet().presence(cluster).facts
        return { kubeVersion: facts?.kubernetesVersion, apiVersions: facts?.apis }
      },
    }
  }
}

const absent = (): undefined => undefined

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
}

function isReport(value: unknown): value is ApplicationReport {
  return isObject(value) && typeof value['application'] === 'string' && Array.isArray(value['resources'])
}
