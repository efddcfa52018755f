import { annotation } from '@flotilla/shared/argo/annotations'
import { sourcesOf, type Application, type Condition } from '@flotilla/shared/argo/application'
import type { OperationOrder } from '@flotilla/shared/protocol/desired'
import type { Random } from '@flotilla/shared/lang/clock'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { GitError, type Repositories } from '../git/repository.ts'
import type { ProjectSpec } from '../projects/permits.ts'
import type { RenderContext, Renderer } from '../render/render.ts'
import type { Settings } from '../settings/settings.ts'
import { attemptOf, failuresOf, type Attempt } from './attempts.ts'
import type { AssignmentBook, Wanted } from './assignment-book.ts'
import { deleteHooksIn, deletionOf, type DeleteHooks } from './deletion.ts'
import { failed, localManifests, make, syncSettings } from './desired.ts'
import { automatedOperation, terminationWanted } from './operation.ts'
import {
  permissionProblems,
  resolveDestination,
  sourceProblem,
  type ClusterDirectory,
  type ClusterEntry,
} from './spec-check.ts'

export interface ReconcileTools {
  readonly renderer: Renderer
  readonly repositories: Repositories
  readonly book: AssignmentBook
  readonly clusters: ClusterDirectory
  project(name: string): ProjectSpec | undefined
  settings(): Settings
  facts(cluster: string): Pick<RenderContext, 'kubeVersion' | 'apiVersions'>
  readonly random: Random
  now(): number
}

/** What came out of one pass: how the status is to be read from now on. */
export interface Outcome {
  readonly cluster?: string | undefined
  readonly invalid?: readonly Condition[] | undefined
  readonly renderFailure?: string | undefined
  /** Worth another try soon, though nothing has changed. */
  readonly transient?: boolean | undefined
  readonly conditions?: readonly Condition[] | undefined
  readonly sourceTypes?: readonly string[] | undefined
  /** The operation asked for cannot start; why. */
  readonly operationError?: string | undefined
  /** How often it had failed to start before this pass. */
  readonly failures?: number | undefined
  /** What was asked for is with an agent, or ready to be sent. */
  readonly ordered?: boolean | undefined
  /** Hooks of a deletion among the manifests. */
  readonly deleteHooks?: DeleteHooks | undefined
  /** Deleting, and there is no cluster that could hold anything: the finalizers may go. */
  readonly abandon?: boolean | undefined
}

export interface Request {
  /** The order in the book has ended and is on record: the operation that is there now is another one. */
  readonly orderSpent: boolean
  /** The last operation ended on the hub, before any agent heard of it. */
  readonly failedHere?: boolean | undefined
  /** Grows with each refresh asked for. */
  readonly refresh: number | undefined
  readonly refreshType: 'normal' | 'hard' | undefined
  /** The order in the book has ended. */
  readonly orderEnded: boolean
  /** Nothing has happened since the last pass that asks for a new try of what failed in it. */
  readonly recall: boolean
}

/** One pass over one application: resolve → render → check → publish. */
export async function reconcile(app: Application, tools: ReconcileTools, request: Request): Promise<Outcome> {
  const key = `${app.metadata.namespace ?? ''}/${app.metadata.name ?? ''}`

  // Resolve: project, destination, sources.
  const projectName = app.spec.project || 'default'
  const project = tools.project(projectName)
  const destination = resolveDestination(app, tools.clusters)
  const cluster = 'cluster' in destination ? destination.cluster : undefined
  if (app.metadata.deletionTimestamp) return unpublish(app, key, cluster, tools, project, request)
  const invalid = problemsOf(app, projectName, project, destination)
  const running = startable(app, key, tools, request) ? undefined : tools.book.entry(key)?.assignment.operation
  const attempt = running ? undefined : attemptOf(app, tools.now())
  const failures = failuresOf(app)
  if (invalid.length > 0 || !project || !cluster) {
    await holdBack(key, app, invalid.map((condition) => condition.message).join('; '), tools, request)
    const operationError = attempt ? invalid.map((each) => `${each.type}: ${each.message}`).join(';') : undefined
    return { invalid, operationError, failures }
  }

  // Render.
  const settings = tools.settings()
  const asked = request.refreshType || attempt?.count ? await askRemotes(app, tools.repositories) : undefined
  // A retry only wants the remotes' news: what it needs may be here already.
  const unreachable = request.refreshType ? asked : undefined
  const context = renderContext(app, project, cluster, tools)
  const made = unreachable
    ? failed(unreachable, sourcesOf(app.spec).length)
    : await make(tools.renderer, app, context, settings, {
        operation: localManifests(app),
        noCache: request.refreshType === 'hard',
        recall: request.recall && !attempt,
      })
  if ('failure' in made) {
    await holdBack(key, app, made.failure, tools, request, cluster.name)
    const operationError = attempt ? `ComparisonError: ${made.failure}` : undefined
    return { cluster: cluster.name, renderFailure: made.failure, transient: made.transient, operationError, failures }
  }
  const { rendered } = made
  const desired = syncSettings(app, project, settings, rendered.sourceTypes, cluster)
  const before = tools.book.entry(key)
  const tree = treeKey(rendered.treeDigest, desired)

  // A commit that touches nothing this application reads changes nothing, unless somebody asked to look.
  const untouched = !request.refreshType && before?.treeDigest === tree && !!before.assignment.bundle
  const bundle = untouched
    ? before.assignment.bundle
    : await tools.book.putBundle(rendered.manifests, rendered.revisions, desired)

  // An operation may want another revision, other sources, or manifests from a user's disk.
  const order = withdrawn(app, running, request)
    ? { order: running }
    : await orderOf(app, running ?? attempt, tools, context, project, cluster, bundle ?? '')
  const conditions = rendered.warnings.map((message) => ({ type: 'RepeatedResourceWarning', message }))
  const outcome: Outcome = {
    cluster: cluster.name,
    sourceTypes: rendered.sourceTypes,
    conditions,
    deleteHooks: deleteHooksIn(rendered.manifests),
  }
  const operation = order && 'order' in order ? order.order : undefined

  // Publish.
  await tools.book.publish(
    key,
    cluster.name,
    {
      incarnation: app.metadata.uid ?? '',
      ...(bundle ? { bundle } : {}),
      ...refreshOf(request.refresh ?? before?.assignment.refresh),
      ...(operation ? { operation } : {}),
      ...(terminationWanted(app) || withdrawn(app, running, request)
        ? { terminate: operation?.id ?? automatedOperation }
        : {}),
      ...(request.failedHere && !operation ? unstartedOf(app) : {}),
      // What somebody asked for comes first, though it has to wait.
      ...(app.operation && !operation ? { hold: 'the operation asked for could not begin yet' } : {}),
    },
    tree,
  )
  return {
    ...outcome,
    failures,
    ...(order && 'error' in order ? { operationError: order.error } : { ordered: !!order }),
  }
}

/** An operation that could not even begin keeps automated sync asleep, as it would have tried the same. */
function unstartedOf(app: Application): Pick<Wanted, 'unstarted'> {
  const state = app.status?.operationState
  if (!state || state.phase === 'Succeeded') return {}
  const revisions = state.syncResult?.revisions ?? [state.syncResult?.revision ?? '']
  return { unstarted: `[${revisions.join(' ')}]: ${state.message ?? ''}` }
}

function treeKey(treeDigest: string, desired: object): string {
  return sha256(`${treeDigest} ${JSON.stringify(desired)}`)
}

function problemsOf(
  app: Application,
  projectName: string,
  project: ProjectSpec | undefined,
  destination: ReturnType<typeof resolveDestination>,
): Condition[] {
  const invalid = (message: string): Condition[] => [{ type: 'InvalidSpecError', message }]
  if (!project) return invalid(`Application referencing project ${projectName} which does not exist`)
  const source = sourceProblem(app)
  if (source !== undefined) return invalid(source)
  if ('problem' in destination) return invalid(destination.problem)
  return permissionProblems(app, project, destination.cluster).flatMap(invalid)
}

/** Who asks for a refresh wants to hear that a repository cannot be reached, whatever is known of it from before. */
async function askRemotes(app: Application, repositories: Repositories): Promise<GitError | undefined> {
  const urls = new Set(sourcesOf(app.spec).flatMap((source) => (source.chart ? [] : [source.repoURL])))
  const asked = [...urls].map(async (url) => {
    try {
      await repositories.refresh(url)
      return undefined
    } catch (error) {
      if (!(error instanceof GitError)) throw error
      error.source = sourcesOf(app.spec).findIndex(({ repoURL }) => repoURL === url)
      return error
    }
  })
  return (await Promise.all(asked)).find((error) => error !== undefined)
}

function refreshOf(refresh: number | undefined): Pick<Wanted, 'refresh'> {
  return refresh === undefined ? {} : { refresh }
}

/** What was published stays, but nothing new starts by itself: no render, no pruning. */
async function holdBack(
  key: string,
  app: Application,
  reason: string,
  tools: ReconcileTools,
  request: Request,
  cluster?: string,
): Promise<void> {
  const before = tools.book.entry(key)
  const incarnation = app.metadata.uid ?? ''
  const at = cluster ?? before?.cluster
  if (at === undefined) return
  const kept = before?.cluster === at && before.assignment.incarnation === incarnation ? before.assignment : undefined
  if (!kept && cluster === undefined) return
  const operation = request.orderSpent ? undefined : kept?.operation
  await tools.book.publish(key, at, {
    incarnation,
    ...(kept?.bundle ? { bundle: kept.bundle } : {}),
    ...refreshOf((cluster === undefined ? undefined : request.refresh) ?? kept?.refresh),
    ...(operation ? { operation } : {}),
    ...(terminationWanted(app) ? { terminate: operation?.id ?? automatedOperation } : {}),
    hold: reason,
  })
}

async function unpublish(
  app: Application,
  key: string,
  cluster: ClusterEntry | undefined,
  tools: ReconcileTools,
  project: ProjectSpec | undefined,
  request: Request,
): Promise<Outcome> {
  const deletion = deletionOf(app)
  const before = tools.book.entry(key)
  const at = cluster?.name ?? before?.cluster
  if (!deletion) return {}
  if (!project) {
    // Nobody knows what the application may touch.
    await tools.book.pause(key)
    const name = app.spec.project || 'default'
    const message = `error getting app project "${name}": appproject.argoproj.io "${name}" not found`
    return { conditions: [{ type: 'DeletionError', message }] }
  }
  if (!cluster || at === undefined) return { abandon: true }
  const kept = before?.cluster === at ? before.assignment : undefined
  const hooks = kept?.bundle && deletion.deletion.some((step) => step === 'pre-delete' || step === 'post-delete')
  // A hook that fails is repaired in Git.
  if (hooks && request.refreshType) await askRemotes(app, tools.repositories)
  const bundle =
    (hooks && (await latestBundle(app, project, cluster, tools))) ||
    (kept?.bundle !== undefined && (await asPermitted(kept.bundle, app, project, cluster, tools))) ||
    kept?.bundle
  await tools.book.publish(key, at, {
    incarnation: app.metadata.uid ?? '',
    ...(bundle ? { bundle } : {}),
    ...refreshOf(request.refresh ?? kept?.refresh),
    ...deletion,
  })
  return { cluster: at }
}

/**
 * What was desired last, with what holds now: no manifests need to be made to take objects away, but the project may no
 * longer permit the application to touch them, and its options may say that they stay.
 */
function asPermitted(
  bundle: string,
  app: Application,
  project: ProjectSpec,
  cluster: ClusterEntry,
  tools: ReconcileTools,
): Promise<string | undefined> {
  const settings = tools.settings()
  return tools.book.withSettings(bundle, ({ sourceTypes }) =>
    syncSettings(app, project, settings, sourceTypes, cluster),
  )
}

/** What Git has by now; undefined where that cannot be made. */
async function latestBundle(
  app: Application,
  project: ProjectSpec,
  cluster: ClusterEntry,
  tools: ReconcileTools,
): Promise<string | undefined> {
  const settings = tools.settings()
  const made = await make(tools.renderer, app, renderContext(app, project, cluster, tools), settings, { recall: true })
  if ('failure' in made) return undefined
  const { manifests, revisions, sourceTypes } = made.rendered
  return tools.book.putBundle(manifests, revisions, syncSettings(app, project, settings, sourceTypes, cluster))
}

function renderContext(
  app: Application,
  project: ProjectSpec,
  cluster: ClusterEntry,
  tools: ReconcileTools,
): RenderContext {
  return {
    appName: app.metadata.name ?? '',
    project: app.spec.project || 'default',
    namespace: app.spec.destination?.namespace ?? '',
    sources: project.sourceRepos,
    ...tools.facts(cluster.name),
  }
}

/** There is an operation that no agent has been ordered to run yet. */
function startable(app: Application, key: string, tools: ReconcileTools, request: Request): boolean {
  const running = tools.book.entry(key)?.assignment
  return !!app.operation && (request.orderSpent || !running?.operation || running.incarnation !== app.metadata.uid)
}

/** Somebody took the operation away while an agent has it: what has begun is ended, not left in the middle. */
function withdrawn(app: Application, running: OperationOrder | undefined, request: Request): running is OperationOrder {
  return !app.operation && running !== undefined && !request.orderEnded
}

type OrderOutcome = { readonly order: OperationOrder } | { readonly error: string } | undefined

async function orderOf(
  app: Application,
  wanted: OperationOrder | Attempt | undefined,
  tools: ReconcileTools,
  context: RenderContext,
  project: ProjectSpec,
  cluster: ClusterEntry,
  desired: string,
): Promise<OrderOutcome> {
  if (!app.operation || !wanted) return undefined
  if ('id' in wanted) return { order: wanted }
  const { operation, count, startedAt } = wanted
  const { sync } = operation
  if (!sync) return { error: 'Invalid operation request: no operation specified' }
  const own = sync.revision || sync.revisions?.length || sync.source || sync.sources?.length || sync.manifests?.length
  let bundle = desired
  if (own) {
    // What was allowed when the history was written, or what somebody patches in, need not be allowed now.
    const { source, sources } = sync
    const asked = sources?.length ? { sources } : source ? { source } : {}
    const spec = {
      ...app.spec,
      ...(sources?.length || source ? { source: undefined, sources: undefined } : {}),
      ...asked,
    }
    const problems = permissionProblems({ ...app, spec: spec as Application['spec'] }, project, cluster)
    if (problems.length > 0) return { error: problems.map((message) => `InvalidSpecError: ${message}`).join(';') }
    const made = await make(tools.renderer, app, context, tools.settings(), { operation })
    if ('failure' in made) return { error: `ComparisonError: ${made.failure}` }
    const settings = syncSettings(app, project, tools.settings(), made.rendered.sourceTypes, cluster)
    const withSources = sync.sources?.length
      ? { ...settings, sources: sync.sources }
      : sync.source
        ? { ...settings, sources: [sync.source] }
        : settings
    bundle = await tools.book.putBundle(made.rendered.manifests, made.rendered.revisions, withSources)
  }
  const begun = startedAt === undefined ? {} : { retryCount: count, startedAt }
  return { order: { id: tools.random.uuid(), operation, bundle, ...begun } }
}

/** Which refresh an annotation asks for. */
export function refreshWanted(app: Application): 'normal' | 'hard' | undefined {
  const value = app.metadata.annotations?.[annotation.refresh]
  if (value === undefined) return undefined
  return value === 'hard' ? 'hard' : 'normal'
}
