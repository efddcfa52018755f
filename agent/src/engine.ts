import type { DeletePaths } from '@flotilla/shared/engine/compare-types'
import { updateDamper } from '@flotilla/shared/engine/ignore-resource-updates'
import { assessHealth, type HealthJudge } from '@flotilla/shared/engine/health/assess'
import { ownHealth } from '@flotilla/shared/engine/health/own/index'
import { nodeInfo } from '@flotilla/shared/engine/tree/node-info'
import type { Tracking } from '@flotilla/shared/engine/tracking'
import { formatApiVersion } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { listenTo, restUntil, sleep } from '@flotilla/shared/lang/rest'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Query } from '@flotilla/shared/protocol/query'
import type { Log } from '@flotilla/shared/runtime/log'
import { createWorkQueue, type WorkQueue } from '@flotilla/shared/runtime/work-queue'
import { actingAs, type Cluster } from './cluster/client.ts'
import type { ClusterCondition } from './cluster/condition.ts'
import { createReach, observed } from './cluster/reach.ts'
import type { DesiredCache, ReportSink } from './desired.ts'
import { createLive, type Live } from './live/live.ts'
import { searchTracked } from './live/search.ts'
import { createLiveStore, type LiveStore } from './live/store.ts'
import type { Policy } from './policy.ts'
import { withoutEmptyMessage } from './health/for-settings.ts'
import { answerQuery, type Actions } from './queries/answer.ts'
import { createExecutor, type Executor } from './sync/execute.ts'
import type { Comparisons } from './sync/observe.ts'
import { createPruneLedger } from './sync/prune-ledger.ts'
import { reconcile, type Reconciler } from './sync/reconcile.ts'

export interface SyncEngineOptions {
  readonly cluster: Cluster
  readonly desired: DesiredCache
  readonly reports: ReportSink
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly policy: Policy
  /** Health by an application's settings (scripts of argocd-cm); the built-in rules where absent. */
  readonly health?: (settings: SyncSettings) => HealthJudge
  /** `del(…)` of jq, for `ignoreDifferences`. */
  readonly deletePaths?: DeletePaths
  /** Resource actions. */
  readonly actions?: Actions
  /** Told how the cluster is. */
  readonly condition?: ClusterCondition
  /** Applications brought on at the same time. */
  readonly workers?: number
}

/** After this an application hears of a change of what another one owns: as often as Argo CD refreshes it. */
const othersDelay = 120_000

/** Keeps a cluster as its desired state says, and answers questions about it. */
export interface SyncEngine {
  /** Returns at once; keeps trying where the cluster does not answer. */
  start(): void
  stop(): Promise<void>
  /** Answers are JSON values, or a stream of text for `logs`. Throws with the reason. */
  query(query: Query, signal: AbortSignal): Promise<unknown>
}

export function createSyncEngine({ cluster: asked, ...options }: SyncEngineOptions): SyncEngine {
  const { desired, clock, random, log, condition } = options
  const reach = createReach({ cluster: asked, clock })
  const recovery = listenTo(reach.onRecovery)
  const cluster = observed(asked, reach)
  const health =
    options.health ?? (() => (live: KubeObject) => withoutEmptyMessage(assessHealth(live, { others: [ownHealth] })))
  const applications = new Map<string, string>()
  const comparisons: Comparisons = new Map()
  const prunes = createPruneLedger(clock)
  let started:
    | { readonly live: Live; readonly executor: Executor; readonly executorAs: (user: string) => Executor }
    | undefined
  let queue: WorkQueue | undefined
  let unsubscribe: () => void = () => undefined
  let stopped = false
  let found: ReadonlyMap<string, ReadonlySet<string>> | undefined
  let unsearched: ReadonlyMap<string, string> = new Map()

  const store: LiveStore = createLiveStore({
    tracking,
    summaryOf(object) {
      const { images, networkingInfo } = nodeInfo(object)
      return { images, urls: networkingInfo?.externalURLs ?? [] }
    },
    damped: (before, after) => damped(before, after),
    changed(instances, named, others) {
      for (const application of named) queue?.add(application)
      const owners = new Set([...instances].map((instance) => applications.get(instance)))
      for (const application of owners) if (application !== undefined) queue?.add(application)
      for (const application of others) if (!owners.has(application)) lookLater(application)
    },
  })

  /** An application whose object is another's looks once in a while: two that fight over it must not fight at every turn. */
  const later = new Map<string, () => void>()
  function lookLater(application: string): void {
    if (later.has(application)) return
    const cancel = clock.after(othersDelay, () => {
      later.delete(application)
      queue?.add(application)
    })
    later.set(application, cancel)
  }

  let damper: { readonly settings: SyncSettings; readonly ignores: ReturnType<typeof updateDamper> } | undefined
  function damped(before: KubeObject, after: KubeObject): boolean {
    const settings = anySettings()
    if (!settings) return false
    if (damper?.settings !== settings) {
      damper = { settings, ignores: updateDamper(settings.argocdCm, options.deletePaths) }
    }
    if (!damper.ignores(before, after, true)) return false
    const judge = health(settings)
    return deepEqual(judge(before), judge(after))
  }

  /** One method for all applications of an agent: as the first of them says. */
  function tracking(): Tracking {
    const settings = anySettings()
    return settings ?? { trackingMethod: 'annotation', instanceLabelKey: 'app.kubernetes.io/instance' }
  }

  let cached: { digest: string; settings: SyncSettings } | undefined
  function anySettings(): SyncSettings | undefined {
    if (cached) return cached.settings
    const first = desired.ready() ? desired.applications().find(({ bundle }) => bundle !== undefined) : undefined
    if (first?.bundle === undefined) return undefined
    const { settings } = desired.bundle(first.bundle)
    cached = { digest: settings, settings: desired.settings(settings) }
    return cached.settings
  }

  async function connect(): Promise<void> {
    for (let failures = 0; !stopped; failures++) {
      recovery.forget()
      try {
        const live = await createLive({
          cluster,
          store,
          clock,
          random,
          rediscovered,
          recovered: reach.onRecovery,
          answers: () => reach.trouble() === undefined,
          unseen: (kinds) => condition?.unseen(kinds),
        })
        started = { live, executor: createExecutor({ cluster, live, clock }), executorAs: executorsOf(live) }
        return
      } catch (error) {
        log.warn({ error: message(error) }, 'the cluster does not answer')
        await restUntil(clock, Math.min(30_000, 500 * 2 ** failures) * (0.5 + random.next() / 2), recovery.sooner)
      }
    }
  }

  /** One executor for each account that is acted for. */
  function executorsOf(live: Live): (user: string) => Executor {
    const made = new Map<string, Executor>()
    return (user) => {
      const known = made.get(user)
      if (known) return known
      const executor = createExecutor({ cluster: actingAs(cluster, user), live, clock })
      made.set(user, executor)
      return executor
    }
  }

  function addAll(): void {
    if (!desired.ready()) return
    for (const { application } of desired.applications()) queue?.add(application)
  }

  /** Kinds have come or gone, or can be seen again. */
  function rediscovered(): void {
    addAll()
    void tellServed()
  }

  /** What the cluster serves is what templates are made for. */
  async function tellServed(): Promise<void> {
    if (!started || !condition) return
    const { kinds, versions } = started.live.discovery()
    const names = [...kinds.values()].map(({ group, version, kind }) => `${formatApiVersion(group, version)}/${kind}`)
    const answer = await cluster.request({ method: 'GET', path: '/version' }).catch(() => undefined)
    const said = answer && (JSON.parse(answer.text) as { gitVersion?: string })
    condition.served([...versions, ...names], said?.gitVersion)
  }

  async function run(): Promise<void> {
    await connect()
    if (stopped || !started) return
    void tellServed()
    const { live, executor, executorAs } = started
    const context: Omit<Reconciler, 'fresh'> = {
      ...options,
      health,
      live,
      executor,
      executorAs,
      comparisons,
      prunes,
      named: (name, instance) => applications.set(instance, name),
      foundKinds: (instance) => [...(found?.get(instance) ?? [])],
      uncertain,
    }
    const work = createWorkQueue({
      clock,
      workers: options.workers ?? 32,
      async work(application, fresh) {
        const again = await reconcile(application, { ...context, fresh })
        if (again !== undefined && !stopped) work.addAfter(application, again)
      },
      failed: (application, error) => log.warn({ application, error: message(error) }, 'reconciling failed'),
      firstDelay: 500,
    })
    queue = work
    let marks = marksOf(tracking())
    unsubscribe = desired.onChange((application) => {
      cached = undefined
      const before = marks
      marks = marksOf(tracking())
      if (marks !== before) remark(live)
      work.add(application)
    })
    addAll()
    await search(live)
  }

  /** Objects are known by other marks than before: all are looked at again, those of kinds that nobody uses yet too. */
  function remark(live: Live): void {
    found = undefined
    live.relist()
    void search(live).catch((error: unknown) => log.warn({ error: message(error) }, 'the search failed'))
  }

  /** Where the applications put their objects by themselves. */
  function namespaces(): string[] {
    const named = desired.applications().flatMap(({ bundle }) => {
      if (bundle === undefined) return []
      const { namespace } = desired.settings(desired.bundle(bundle).settings).destination
      return namespace ? [namespace] : []
    })
    return [...new Set(named)]
  }

  async function search(live: Live): Promise<void> {
    while (!stopped && !desired.ready()) await sleep(clock, 200)
    if (stopped) return
    for (let failures = 0; !stopped; failures++) {
      recovery.forget()
      const { argocdCm = {} } = anySettings() ?? {}
      const result = await searchTracked(cluster, live.discovery(), tracking(), argocdCm, namespaces())
      for (const [kind, reason] of result.failed) log.warn({ kind, reason }, 'a kind could not be searched')
      found = result.kinds
      unsearched = result.failed
      addAll()
      if (unsearched.size === 0) return
      await restUntil(clock, Math.min(300_000, 5_000 * 2 ** failures), recovery.sooner)
      await live.rediscover().catch(() => undefined)
    }
  }

  /** Why some of an application's objects may not be known: nothing may be called gone until then. */
  function uncertain(): string | undefined {
    if (!found) return 'the cluster is still being searched for objects'
    const stale = started?.live.discovery().stale ?? []
    const reasons = [
      ...stale.map((group) => `${group} does not answer`),
      ...[...unsearched].map((pair) => pair.join(': ')),
    ]
    return reasons.length > 0 ? reasons.join('; ') : undefined
  }

  return {
    start() {
      reach.onChange((trouble) => {
        if (trouble) log.warn({ reason: trouble.message }, 'the cluster does not answer; nothing is done until it does')
        else log.info({}, 'the cluster answers again')
        condition?.trouble(trouble)
      })
      run().catch((error: unknown) => log.error({ error: message(error) }, 'the engine could not start'))
    },
    async stop() {
      stopped = true
      reach.stop()
      unsubscribe()
      for (const cancel of later.values()) cancel()
      await queue?.stop()
      started?.live.stop()
    },
    async query(query, signal) {
      if (!started) throw new Error('the cluster does not answer yet')
      return answerQuery(query, { ...started, ...options, cluster, health, signal })
    },
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What tells two ways of marking objects apart. */
function marksOf({ trackingMethod, instanceLabelKey, installationId = '' }: Tracking): string {
  return `${trackingMethod} ${instanceLabelKey} ${installationId}`
}
