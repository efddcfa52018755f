import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { diffPatch } from '@flotilla/shared/k8s/merge-patch'
import { misfit } from '@flotilla/shared/argo/served'
import { objectKey, startInformer, type Informer, type Scruples } from '@flotilla/shared/runtime/informer'
import { createWorkQueue, type WorkQueue } from '@flotilla/shared/runtime/work-queue'
import type { Clusters } from '../applications/clusters.ts'
import type { Repositories } from '../git/repository.ts'
import type { Application } from '@flotilla/shared/argo/application'
import type { DeletePaths } from '@flotilla/shared/engine/compare-types'
import type { Random } from '@flotilla/shared/lang/clock'
import { rfc3339 } from '../applications/conditions.ts'
import { normalizeUrl } from '../git/credentials.ts'
import { applicationRef, applyPlan, deleteApplication, setActor as actor } from './apply.ts'
import { applicationChanged, refreshAnnotation as refresh, setChanged } from './changes.ts'
import { deletionStep, setFinalizer } from './deletion.ts'
import { differencesOf, type Differences } from './differences.ts'
import { recordEvent } from '../events/record.ts'
import { generate, type GenerateSources } from './generate.ts'
import { createRollouts } from './rollouts.ts'
import { ownedBy, owns, plan } from './plan.ts'
import { deletesInReverse, isRolling, stepsOf } from './rollout-steps.ts'
import { withOutcome, withResources, type Failure } from './status.ts'
import { GenerateError, type ApplicationSet, type Generated, type Generator } from './types.ts'
import { invalidOnes, problemSummary } from './validate.ts'

export interface ApplicationSetControllerOptions {
  readonly objects: Objects
  readonly clusters: Clusters
  readonly repositories: Repositories
  readonly sources: GenerateSources
  readonly clock: Clock
  readonly random: Random
  hasProject(this: void, name: string): boolean
  /** Runs jq expressions; started with the first set that has one. */
  readonly deletePaths: () => Promise<DeletePaths>
  readonly log: { warn(fields: object, message: string): void }
}

export interface ApplicationSetController {
  start(): Promise<void>
  stop(): Promise<void>
  /** What a set would make; nothing is written. */
  preview(set: ApplicationSet): Promise<Generated[]>
  idle(): Promise<void>
}

/** Keeps the applications of every ApplicationSet as their generators say. */
export function createApplicationSetController(options: ApplicationSetControllerOptions): ApplicationSetController {
  const { objects, clusters, repositories, sources, clock } = options
  const interests = new Map<string, Map<string, () => void>>()
  const stops: (() => void)[] = []
  let sets: Informer | undefined
  let applications: Informer | undefined

  const queue: WorkQueue = createWorkQueue({
    clock,
    workers: 2,
    work,
    failed: (key, error) =>
      options.log.warn({ applicationSet: key, error: String(error) }, 'reconciling an ApplicationSet failed'),
  })

  async function work(key: string): Promise<void> {
    const set = sets?.get(key) as ApplicationSet | undefined
    watchRepositories(key, set)
    if (!set) return rollouts.forget(key)
    if (set.metadata.deletionTimestamp) return dissolve(set)
    if (deletesInReverse(set) && !set.metadata.finalizers?.includes(setFinalizer)) {
      const metadata = { ...set.metadata, finalizers: [...(set.metadata.finalizers ?? []), setFinalizer] }
      await objects.update(refTo(set), { ...set, metadata }, { actor })
      return
    }
    const refreshed = set.metadata.annotations?.[refresh] !== undefined
    if (refreshed) await askRemotes(set)
    let status = set.status ?? {}
    const save = async (next: typeof status): Promise<void> => {
      const patch = diffPatch(status, next)
      if (patch === undefined) return
      const options = {
        type: 'merge',
        actor,
        fieldManager: 'applicationset-controller',
        subresource: 'status',
      } as const
      await objects.patch(refTo(set), { status: patch }, options)
      status = next
    }
    const failure = await pass(set, key, save)
    const outcome = withOutcome(set, status, failure, time())
    // A pass that breaks off has not looked at the applications; rows that are there are kept up all the same.
    const brokenOff = failure !== undefined && failure.reason !== 'ApplicationValidationError'
    await save(brokenOff && outcome.resources === undefined ? outcome : withResources(outcome, owned(set)))
    if (refreshed) {
      await objects.patch(refTo(set), { metadata: { annotations: { [refresh]: null } } }, { type: 'merge', actor })
    }
    if (failure) queue.addAfter(key, failure.generated ? 180_000 : 30_000)
  }

  const time = (): string => rfc3339(clock.now())
  const refTo = (set: ApplicationSet) =>
    refOf(resources.applicationSets, set.metadata.namespace ?? controlNamespace, set.metadata.name ?? '')
  const owned = (set: ApplicationSet): KubeObject[] =>
    [...(applications?.values() ?? [])].filter(
      (one) => one.metadata.namespace === set.metadata.namespace && owns(set, one),
    )
  const rollouts = createRollouts()

  /** A set on its way out: its applications go, or stay, as its policy and its strategy say. */
  async function dissolve(set: ApplicationSet): Promise<void> {
    if (!set.metadata.finalizers?.includes(setFinalizer)) return
    const step = deletionStep(set, owned(set))
    if (step.act === 'wait') return
    if (step.act === 'delete') return deleteApplication(objects, step.application)
    for (const one of step.act === 'release' ? step.applications : []) {
      const { ownerReferences: _let, ...metadata } = one.metadata
      await objects.update(applicationRef(one), { ...one, metadata }, { actor })
    }
    if (step.act === 'release') return
    const finalizers = set.metadata.finalizers.filter((each) => each !== setFinalizer)
    await objects.update(refTo(set), { ...set, metadata: { ...set.metadata, finalizers } }, { actor })
  }

  /** What cannot be reached shows when the generator asks for it. */
  async function askRemotes(set: ApplicationSet): Promise<void> {
    const urls = repositoriesOf(set.spec.generators ?? [])
    await Promise.all([...urls].map((url) => repositories.refresh(url).catch(() => undefined)))
  }

  async function pass(
    set: ApplicationSet,
    key: string,
    save: (status: NonNullable<ApplicationSet['status']>) => Promise<void>,
  ): Promise<Failure | undefined> {
    let generated: Generated[]
    try {
      generated = await generate(set, sources)
    } catch (error) {
      if (!(error instanceof GenerateError)) throw error
      return { reason: error.reason, message: error.message, generated: false }
    }
    const current = [...(applications?.values() ?? [])].filter(
      (one) => one.metadata.namespace === set.metadata.namespace,
    )
    const own = owned(set)
    // Git that suddenly has nothing is more likely a mistake than a wish: nothing is deleted for it.
    const emptied =
      generated.length === 0 && (set.spec.generators ?? []).some((generator) => generator.git) && own.length > 0
    const invalid = invalidOnes(set.metadata.name ?? '', generated, { clusters, hasProject: options.hasProject })
    let differences: Differences
    try {
      const jq = set.spec.ignoreApplicationDifferences?.some((each) => each.jqPathExpressions?.length)
      differences = differencesOf(set.spec.ignoreApplicationDifferences, jq ? await options.deletePaths() : undefined)
    } catch (error) {
      const message = `failed to build ignore diff config: ${error instanceof Error ? error.message : String(error)}`
      return { reason: 'UpdateApplicationError', message, generated: true }
    }
    if (isRolling(set) && stepsOf(set).length === 0) {
      const message = 'No steps defined for rollout'
      return { reason: 'ApplicationSetRolloutError', message, generated: true }
    }
    const rollout = rollouts.step(key, set, {
      own: own as unknown as Application[],
      generated,
      differences,
      now: time(),
    })
    await save(rollout.status)
    const valid = rollout.generated.filter((one) => !invalid.has(one.metadata.name ?? ''))
    const { operations } = rollout
    const failed = await applyPlan(
      set,
      plan(set, { valid, generated, current, keep: emptied, differences, operations }),
      { objects, did: (reason, name) => tell(set, reason, name) },
    )
    if (failed) return failed
    const problem = problemSummary(invalid)
    if (problem !== undefined) return { reason: 'ApplicationValidationError', message: problem, generated: true }
    if (!emptied) return undefined
    const message =
      'the git generator found nothing; its applications are kept: delete the ApplicationSet, or the applications, if they are to go'
    return { reason: 'ApplicationGenerationFromParamsError', message, generated: false }
  }

  function tell(set: ApplicationSet, reason: string, name: string): void {
    const message = `${reason} Application "${name}"`
    const about = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', metadata: set.metadata }
    const event = { type: 'Normal', reason, message } as const
    void recordEvent(objects, about, event, {
      component: 'applicationset-controller',
      now: clock.now(),
      random: options.random,
    })
  }

  /** Polls the repositories that a set's generators read, and no longer those that they do not. */
  function watchRepositories(key: string, set: ApplicationSet | undefined): void {
    const held = interests.get(key) ?? new Map<string, () => void>()
    const wanted = repositoriesOf(set?.spec.generators ?? [])
    for (const [url, end] of held) {
      if (wanted.has(url)) continue
      end()
      held.delete(url)
    }
    for (const url of wanted) if (!held.has(url)) held.set(url, repositories.interest(url))
    if (held.size > 0) interests.set(key, held)
    else interests.delete(key)
  }

  const all = (): void => {
    for (const set of sets?.values() ?? []) queue.add(objectKey(set))
  }

  return {
    async start() {
      const within = { namespace: controlNamespace }
      const scruples: Scruples = {
        problem: misfit,
        told: (key, problem) =>
          options.log.warn({ object: key, problem }, 'an object cannot be read, and is left as it is'),
      }
      applications = await startInformer(objects, { ...resources.applications, ...within }, undefined, scruples)
      sets = await startInformer(objects, { ...resources.applicationSets, ...within }, undefined, scruples)
      stops.push(
        sets.onChange(({ key, object, previous }) => {
          if (setChanged(object, previous)) queue.add(key)
        }),
        applications.onChange(({ object, previous }) => {
          // A set that lets go of an application hears of it too.
          const owners = [object, previous].flatMap((each) => each?.metadata.ownerReferences ?? [])
          const names = new Set(owners.flatMap(({ kind, name }) => (kind === 'ApplicationSet' ? [name] : [])))
          if (names.size === 0 || !applicationChanged(object, previous)) return
          for (const name of names) queue.add(`${controlNamespace}/${name}`)
        }),
        clusters.onChange(() => all()),
        repositories.onMoved(({ url }) => {
          for (const set of sets?.values() ?? []) {
            const urls = [...repositoriesOf((set as ApplicationSet).spec.generators ?? [])]
            if (urls.some((each) => normalizeUrl(each) === normalizeUrl(url))) queue.add(objectKey(set))
          }
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
      sets?.stop()
      applications?.stop()
      for (const held of interests.values()) for (const end of held.values()) end()
    },
    async preview(set) {
      const generated = await generate(set, sources)
      return generated.map((one) => ({
        ...one,
        metadata: { ...one.metadata, ...(set.metadata.uid ? { ownerReferences: [ownedBy(set)] } : {}) },
      }))
    },
    idle: () => queue.idle(),
  }
}

/** The repositories that generators read, however deep they stand in one another. */
function repositoriesOf(generators: readonly Generator[]): Set<string> {
  const found = new Set<string>()
  for (const generator of generators) {
    if (generator.git) found.add(generator.git.repoURL)
    for (const kind of ['matrix', 'merge']) {
      const inner = (generator[kind] as { generators?: Generator[] } | undefined)?.generators ?? []
      for (const url of repositoriesOf(inner)) found.add(url)
    }
  }
  return found
}
