import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { objectKey, startInformer, type Informer } from '@flotilla/shared/runtime/informer'
import { createWorkQueue, type WorkQueue } from '@flotilla/shared/runtime/work-queue'
import type { Clusters } from '../applications/clusters.ts'
import type { Repositories } from '../git/repository.ts'
import { generate, type GenerateSources } from './generate.ts'
import { ownedBy, owns, plan } from './plan.ts'
import { statusOf, type Outcome } from './status.ts'
import { GenerateError, type ApplicationSet, type Generated, type Generator } from './types.ts'
import { normalizeUrl } from '../git/credentials.ts'

export interface ApplicationSetControllerOptions {
  readonly objects: Objects
  readonly clusters: Clusters
  readonly repositories: Repositories
  readonly sources: GenerateSources
  readonly clock: Clock
  readonly log: { warn(fields: object, message: string): void }
}

export interface ApplicationSetController {
  start(): Promise<void>
  stop(): Promise<void>
  /** What a set would make; nothing is written. */
  preview(set: ApplicationSet): Promise<Generated[]>
  idle(): Promise<void>
}

const refresh = 'argocd.argoproj.io/application-set-refresh'
const actor = { user: 'system:serviceaccount:argocd:argocd-applicationset-controller', groups: ['system:masters'] }

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
    if (!set) return
    if (set.metadata.deletionTimestamp) return
    const own = [...(applications?.values() ?? [])].filter((one) => one.metadata.namespace === set.metadata.namespace)
    const refreshed = set.metadata.annotations?.[refresh] !== undefined
    if (refreshed) await askRemotes(set)
    const outcome = await pass(set, own)
    const now = [...(applications?.values() ?? [])].filter((one) => owns(set, one))
    await writeStatus(set, outcome, now)
    if (refreshed) {
      const ref = refOf(resources.applicationSets, set.metadata.namespace ?? controlNamespace, set.metadata.name ?? '')
      await objects.patch(ref, { metadata: { annotations: { [refresh]: null } } }, { type: 'merge', actor })
    }
    if (!outcome.ok && outcome.stage === 'generate') queue.addAfter(key, 30_000)
  }

  /** What cannot be reached shows when the generator asks for it. */
  async function askRemotes(set: ApplicationSet): Promise<void> {
    const urls = repositoriesOf(set.spec.generators ?? [])
    await Promise.all([...urls].map((url) => repositories.refresh(url).catch(() => undefined)))
  }

  async function pass(set: ApplicationSet, current: readonly KubeObject[]): Promise<Outcome> {
    let generated: Generated[]
    try {
      generated = await generate(set, sources)
      validate(generated)
    } catch (error) {
      if (!(error instanceof GenerateError)) throw error
      return { ok: false, stage: 'generate', reason: error.reason, message: error.message }
    }
    // Git that suddenly has nothing is more likely a mistake than a wish: nothing is deleted for it.
    const emptied =
      generated.length === 0 &&
      (set.spec.generators ?? []).some((generator) => generator.git) &&
      current.some((one) => owns(set, one))
    const { create, update, remove, foreign } = plan(set, generated, current, emptied)
    try {
      for (const one of create) {
        await objects.create({ ...resources.applications, namespace: controlNamespace }, one, { actor })
      }
      for (const { next } of update) {
        await objects.update(
          refOf(resources.applications, next.metadata.namespace ?? controlNamespace, next.metadata.name ?? ''),
          next,
          { actor },
        )
      }
      for (const one of remove) {
        await objects.delete(
          refOf(resources.applications, one.metadata.namespace ?? controlNamespace, one.metadata.name ?? ''),
          {
            actor,
            preconditions: one.metadata.uid ? { uid: one.metadata.uid } : {},
          },
        )
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      if (error.status.reason === 'Conflict' || error.status.reason === 'NotFound') throw error
      return { ok: false, stage: 'apply', reason: 'CreateApplicationError', message: error.message }
    }
    if (foreign.length > 0) {
      const names = foreign.map((one) => one.metadata.name).join(', ')
      return {
        ok: false,
        stage: 'apply',
        reason: 'CreateApplicationError',
        message: `Object argocd/${names} is already owned by another object or was made by hand; delete it or change the template's name`,
      }
    }
    if (emptied) {
      return {
        ok: false,
        stage: 'generate',
        reason: 'ApplicationGenerationFromParamsError',
        message:
          'the git generator found nothing; its applications are kept: delete the ApplicationSet, or the applications, if they are to go',
      }
    }
    return { ok: true }
  }

  async function writeStatus(set: ApplicationSet, outcome: Outcome, own: readonly KubeObject[]): Promise<void> {
    const status = statusOf(set, outcome, own, new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'))
    if (deepEqual(status, set.status)) return
    await objects.patch(
      refOf(resources.applicationSets, set.metadata.namespace ?? controlNamespace, set.metadata.name ?? ''),
      { status },
      { type: 'merge', actor, fieldManager: 'applicationset-controller', subresource: 'status' },
    )
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
      applications = await startInformer(objects, { ...resources.applications, namespace: controlNamespace })
      sets = await startInformer(objects, { ...resources.applicationSets, namespace: controlNamespace })
      stops.push(
        sets.onChange(({ key, object, previous }) => {
          const refreshed = object?.metadata.annotations?.[refresh] !== undefined
          if (!object || !previous || refreshed || !deepEqual(object['spec'], previous['spec'])) queue.add(key)
        }),
        applications.onChange(({ object, previous }) => {
          for (const owner of (object ?? previous)?.metadata.ownerReferences ?? []) {
            if (owner.kind === 'ApplicationSet') queue.add(`${controlNamespace}/${owner.name}`)
          }
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
      validate(generated)
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

/** Two of one name would fight; none at all cannot be stored. */
function validate(generated: readonly Generated[]): void {
  const seen = new Set<string>()
  for (const { metadata } of generated) {
    const name = metadata.name ?? ''
    if (name === '')
      throw new GenerateError('ApplicationValidationError', 'the template gives an application without a name')
    if (seen.has(name)) {
      throw new GenerateError(
        'ApplicationValidationError',
        `ApplicationSet ${metadata.namespace} contains applications with duplicate name: ${name}`,
      )
    }
    seen.add(name)
  }
}
