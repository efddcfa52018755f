import type { HealthStatus } from '@flotilla/shared/argo/application'
import type { DeletePaths } from '@flotilla/shared/engine/compare-types'
import type { ImpactedObject } from '@flotilla/shared/engine/actions/action'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { ResourceKey } from '@flotilla/shared/k8s/ref'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import type { Query } from '@flotilla/shared/protocol/query'
import { pathOf, pathOfObject, type Cluster } from '../cluster/client.ts'
import { isNotFound } from '../cluster/errors.ts'
import type { DesiredCache } from '../desired.ts'
import type { Live } from '../live/live.ts'
import type { Policy } from '../policy.ts'
import type { Executor } from '../sync/execute.ts'
import { identityOf } from '@flotilla/shared/engine/impersonation'
import { observe, type Observation } from '../sync/observe.ts'
import { recordFor } from '../sync/record.ts'
import { applyImpacted } from './impacted.ts'
import { diffItems } from './diff.ts'
import { managedItems } from './managed.ts'
import { masked } from './masked.ts'
import { QueryError } from './query-error.ts'
import { belongsTo, treeOf } from './tree.ts'

/** Resource actions: what can be done to an object, and what doing it changes. */
export interface Actions {
  list(live: KubeObject, settings: SyncSettings): unknown
  /** The patched or created objects are applied by the caller. */
  run(
    live: KubeObject,
    settings: SyncSettings,
    action: string,
    parameters: Readonly<Record<string, string>>,
  ): readonly ImpactedObject[]
}

export interface QueryContext {
  readonly cluster: Cluster
  readonly desired: DesiredCache
  readonly live: Live
  readonly executor: Executor
  /** The same, acting for a service account. */
  readonly executorAs: (user: string) => Executor
  readonly policy: Policy
  readonly health: (settings: SyncSettings) => (live: KubeObject) => HealthStatus | undefined
  readonly deletePaths?: DeletePaths
  readonly actions?: Actions
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

type ObjectQuery = Exclude<Query, { type: 'tree' | 'managed' | 'diff' | 'cluster-info' }>

/** Answers what the hub asks on a user's behalf, and only of what the named application owns or parents. */
export async function answerQuery(query: Query, given: QueryContext): Promise<unknown> {
  const context = query.type === 'cluster-info' ? given : actingFor(query, given)
  switch (query.type) {
    case 'cluster-info':
      return clusterInfo(context)
    case 'tree':
      return treeOf(await look(query.application, context), context)
    case 'managed':
      return { items: managedItems(await look(query.application, context), context.deletePaths) }
    case 'diff': {
      const seen = await look(query.application, context)
      return { items: await diffItems(query.manifests, query.serverSide === true, seen, context) }
    }
    default:
      return answerOfObject(query, context)
  }
}

async function answerOfObject(query: ObjectQuery, context: QueryContext): Promise<unknown> {
  const seen = await look(query.application, context)
  if (query.type === 'events') return events(query, seen, context)
  const object = await fetchOwned(query, seen, context)
  switch (query.type) {
    case 'live':
      return masked(object, seen.settings.argocdCm)
    case 'logs':
      return logs(query, object, context)
    case 'actions':
      return context.actions ? context.actions.list(object, seen.settings) : []
    case 'run-action':
      refuseByPolicy(query, context)
      if (!context.actions) throw new Error('this agent has no resource actions')
      await applyImpacted(
        object,
        context.actions.run(object, seen.settings, query.action, query.parameters ?? {}),
        context,
      )
      return {}
    case 'patch':
      refuseByPolicy(query, context)
      return masked(
        await context.executor.patch(object, query.patchType, JSON.parse(query.patch)),
        seen.settings.argocdCm,
      )
    case 'delete':
      refuseByPolicy(query, context)
      await context.executor.remove(object, query.orphan ? 'Orphan' : query.force ? 'Background' : 'Foreground')
      return {}
  }
}

/** What a user asks for is written, and tried, as a sync would be. */
function actingFor(
  { type, application }: Exclude<Query, { type: 'cluster-info' }>,
  context: QueryContext,
): QueryContext {
  const { desired } = context
  const { bundle } = desired.assignment(application) ?? {}
  if (bundle === undefined) return context
  const settings = desired.settings(desired.bundle(bundle).settings)
  const [home = ''] = application.split('/')
  const { user, error } = identityOf(settings, home)
  const writes = type === 'patch' || type === 'delete' || type === 'run-action'
  if (writes && error !== undefined) throw new QueryError('forbidden', error)
  return user === undefined ? context : { ...context, executor: context.executorAs(user) }
}

async function look(application: string, context: QueryContext): Promise<Observation> {
  const assignment = context.desired.assignment(application)
  if (assignment?.bundle === undefined) throw new Error(`application ${application} has nothing on this cluster`)
  const { desired } = context
  const { annotations } = desired.settings(desired.bundle(assignment.bundle).settings)
  const last = recordFor(desired.loadRecord(application), assignment.incarnation).operation
  return observe(context, { application, digest: assignment.bundle, kinds: [], namespaces: [], annotations, last })
}

/** The object as it is now, if the application owns it or one of its owners. */
async function fetchOwned(query: ObjectQuery, seen: Observation, context: QueryContext): Promise<KubeObject> {
  const kind = context.live.discovery().kinds.get(`${query.group}/${query.kind}`)
  if (!kind) throw notPart(query)
  const at = { namespace: query.namespace, name: query.name }
  const path = pathOf({ ...kind, version: query.version || kind.version }, at)
  try {
    const object = JSON.parse((await context.cluster.request({ method: 'GET', path })).text) as KubeObject
    if (await belongsTo(object, seen, context)) return object
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw notPart(query)
}

function notPart({ kind, group, name, application }: ObjectQuery): QueryError {
  const own = application.slice(application.indexOf('/') + 1)
  return new QueryError('not-found', `${kind} ${group} ${name} not found as part of application ${own}`)
}

async function events(
  query: ObjectQuery & { type: 'events' },
  seen: Observation,
  context: QueryContext,
): Promise<{ items: readonly KubeObject[] }> {
  const kind = context.live.discovery().kinds.get('/Event')
  if (!kind) return { items: [] }
  // Whoever asks names the object by its uid, as the tree shows it, and not by its kind.
  const tree = (await treeOf(seen, context)) as { nodes?: TreeNode[]; orphanedNodes?: TreeNode[] }
  const named = ({ uid, name, namespace = '' }: TreeNode): boolean =>
    uid === query.uid && name === query.name && namespace === query.namespace
  if (![...(tree.nodes ?? []), ...(tree.orphanedNodes ?? [])].some(named)) {
    const own = query.application.slice(query.application.indexOf('/') + 1)
    throw new QueryError('not-found', `${query.name} not found as part of application ${own}`)
  }
  const selector = `involvedObject.name=${query.name},involvedObject.uid=${query.uid ?? ''}`
  const items: KubeObject[] = []
  const namespace = query.namespace || 'default'
  await context.cluster.list(kind, { namespace, query: { fieldSelector: selector } }, (found) => items.push(...found))
  return { items }
}

interface TreeNode {
  readonly uid?: string
  readonly name: string
  readonly namespace?: string
}

function logs(query: ObjectQuery & { type: 'logs' }, object: KubeObject, { cluster, live, signal }: QueryContext) {
  if (object.kind !== 'Pod') throw new Error(`${object.kind} has no logs; ask for those of its pods`)
  const kind = live.discovery().kinds.get('/Pod')
  if (!kind) throw new Error('the cluster serves no pods')
  const allowed = [
    'container',
    'follow',
    'previous',
    'sinceSeconds',
    'sinceTime',
    'tailLines',
    'limitBytes',
    'timestamps',
  ]
  const given = allowed.flatMap((name) => {
    const value = query.options[name]
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, value] as const]
      : []
  })
  return cluster.stream(pathOfObject(object, kind, 'log'), Object.fromEntries(given), signal)
}

async function clusterInfo({ cluster, live }: QueryContext): Promise<unknown> {
  const version = JSON.parse((await cluster.request({ method: 'GET', path: '/version' })).text) as {
    gitVersion?: string
  }
  const { kinds, versions } = live.discovery()
  const named = [...kinds.values()].map(
    ({ group, version: of, kind }) => `${group === '' ? of : `${group}/${of}`}/${kind}`,
  )
  return { gitVersion: version.gitVersion ?? '', apis: [...versions, ...named].toSorted() }
}

function refuseByPolicy(key: ResourceKey, { policy }: QueryContext): void {
  const reason = policy.refuses(key)
  if (reason !== undefined) throw new QueryError('forbidden', reason)
}
