import { compare } from '@flotilla/shared/engine/compare'
import {
  compareCache,
  type CompareCache,
  type Comparison,
  type DeletePaths,
  type KindInfo,
} from '@flotilla/shared/engine/compare-types'
import { withUnseen } from '@flotilla/shared/engine/unseen'
import { syncOptionsOf } from '@flotilla/shared/engine/sync-options'
import { resourceFilter } from '@flotilla/shared/engine/resource-filter'
import { serverSide } from '@flotilla/shared/engine/diff'
import { prepareTargets } from '@flotilla/shared/engine/targets'
import { watchesOrphans } from '@flotilla/shared/engine/orphans'
import { formatApiVersion, gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, keyString, type ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { DesiredCache } from '../desired.ts'
import type { Live, Place } from '../live/live.ts'
import type { Executor } from './execute.ts'
import type { OperationRecord } from './record.ts'

/** Desired beside live, at one moment. */
export interface Observation {
  readonly bundle: Bundle
  readonly settings: SyncSettings
  readonly comparison: Comparison
  /** Why objects that the application may have cannot be seen just now. */
  readonly hidden: readonly string[]
  /** The destination's namespace is to be made where it is missing, and nobody may tell whether it is. */
  readonly isHomeHidden: boolean
}

/** What comparisons of an application keep for the next one, as long as its settings stay. */
export type Comparisons = Map<string, { readonly settings: string; readonly cache: CompareCache }>

/** What an application is looked at with. */
export interface Observer {
  readonly desired: DesiredCache
  readonly live: Live
  /** Asks the server by dry runs, where the settings want that. */
  readonly executor?: Pick<Executor, 'predict'>
  readonly comparisons?: Comparisons | undefined
  readonly deletePaths?: DeletePaths | undefined
}

/** What is looked at. */
export interface Sight {
  readonly application: string
  readonly digest: string
  /** Kinds (`group/kind`) it had objects of before. */
  readonly kinds: readonly string[]
  /** Namespaces in which it had objects before. */
  readonly namespaces: readonly string[]
  /** The sync that ran last. */
  readonly last?: LastSync | undefined
  /** The application's annotations now: an operation's own bundle has those of its start. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Compares an application's bundle with the cluster, having made sure that all it needs to see is watched. */
export async function observe(observer: Observer, sight: Sight): Promise<Observation> {
  const { desired, live, executor, deletePaths } = observer
  const { application } = sight
  const bundle = desired.bundle(sight.digest)
  const kept = desired.settings(bundle.settings)
  const settings = sight.annotations ? { ...kept, annotations: { ...sight.annotations } } : kept
  const manifests = bundle.manifests.map((digest) => desired.manifest(digest))
  const { kinds } = live.discovery()
  const names = new Set([...manifests.map(kindName), ...sight.kinds, ...alwaysWatched(settings)])
  // A kind that is not served may come with the next definition that somebody makes.
  if ([...names].some((name) => !kinds.has(name))) names.add('apiextensions.k8s.io/CustomResourceDefinition')
  for (const [maker, made] of makers) if (names.has(maker)) for (const name of made) names.add(name)
  const included = resourceFilter(settings.argocdCm, settings.cluster ?? settings.destination)
  const orphaned = watchesOrphans(settings)
  const used = orphaned ? [...kinds.values()].filter(({ namespaced }) => namespaced) : []
  const wanted = wantedKeys(manifests, settings, live)
  const { namespace } = settings.destination
  const own = live.store.trackedBy(settings.instance).map(({ key }) => key)
  const namespaces = new Set([...sight.namespaces, ...[...wanted, ...own].map((key) => key.namespace)])
  namespaces.delete('')
  const watched = [...used, ...[...names].flatMap((name) => kinds.get(name) ?? [])].filter(({ group, kind }) =>
    included(group, kind),
  )
  await live.use(watched, [...namespaces])
  live.store.watchNamespace(application, orphaned ? namespace : undefined)
  live.store.want(application, wanted)
  await live.fill(wanted)
  const objects = new Map<string, KubeObject>()
  const take = (object: KubeObject | undefined) => {
    if (object) objects.set(object.metadata.uid ?? '', object)
  }
  for (const { key } of live.store.trackedBy(settings.instance)) take(live.store.object(key))
  for (const key of wanted) take(live.store.object(key))
  await asWritten(manifests, wanted, live, take)
  const asks = executor && manifests.some((manifest) => serverSide(settings, manifest))
  const predicted = asks
    ? await predictedBy(executor, settings, prepareTargets({ settings, manifests, live: [], kinds }).targets, objects)
    : undefined
  const comparison = compare({
    ...predicted,
    settings,
    manifests,
    digests: bundle.manifests,
    live: [...objects.values()],
    kinds,
    lastSync: sight.last?.state.syncResult,
    applied: appliedBy(sight.last, settings, desired),
    cache: cacheFor(observer, sight, bundle.settings),
    ...(orphaned && namespace && { orphans: untracked(namespace, wanted, live), madeBy: (one) => madeBy(one, live) }),
    ...(deletePaths && { deletePaths }),
  })
  const hidden = hiddenAmong(
    watched.flatMap((kind) => placesOf(kind, namespaces)),
    live,
  )
  const had = watched
    .filter(({ group, kind }) => sight.kinds.includes(`${group}/${kind}`))
    .flatMap((kind) => placesOf(kind, namespaces))
  const seen = withUnseen(comparison, (place) => live.unseen(place), had)
  const home = { group: '', kind: 'Namespace', namespace: '', name: namespace ?? '' }
  const isAsked = hidden.length > 0 && alwaysWatched(settings).length > 0 && live.unlisted(home) !== undefined
  return { bundle, settings, comparison: seen, hidden, isHomeHidden: isAsked && !(await live.find(home)) }
}

/** What the server would make of targets, beside the objects that are there. */
function predictedBy(
  executor: Pick<Executor, 'predict'>,
  settings: SyncSettings,
  targets: readonly KubeObject[],
  objects: ReadonlyMap<string, KubeObject>,
) {
  const byKey = new Map([...objects.values()].map((object) => [keyString(keyOf(object)), object]))
  return executor.predict(settings)(targets, (key) => byKey.get(key))
}

function placesOf({ group, kind, namespaced }: KindInfo, namespaces: Iterable<string>): Place[] {
  return (namespaced ? [...namespaces] : ['']).map((namespace) => ({ group, kind, namespace }))
}

function hiddenAmong(places: readonly Place[], live: Live): string[] {
  const reasons = places.flatMap((place) => {
    const reason = live.unlisted(place)
    return reason === undefined ? [] : [`${place.group}/${place.kind}: ${reason}`]
  })
  return [...new Set(reasons)]
}

const nothing: ResourceKey = { group: '', kind: '', namespace: '', name: '' }

/** Takes live objects that Git has in another version of their group in that one. */
async function asWritten(
  manifests: readonly KubeObject[],
  wanted: readonly ResourceKey[],
  live: Live,
  take: (object: KubeObject) => void,
): Promise<void> {
  // Of an object that comes twice the last one counts.
  const versions = new Map(manifests.map(({ apiVersion }, index) => [keyString(wanted[index] ?? nothing), apiVersion]))
  const others = wanted.flatMap((key) => {
    const apiVersion = versions.get(keyString(key))
    const object = live.store.object(key)
    return object && apiVersion !== undefined && object.apiVersion !== apiVersion ? [{ object, apiVersion }] : []
  })
  const read = others.map(async ({ object, apiVersion }) => take(await live.inVersion(object, apiVersion)))
  await Promise.all(read)
}

/** What is known of the last sync. */
export type LastSync = Pick<OperationRecord, 'bundle' | 'state'>

/** How the last sync applied objects: as its bundle has them, where it came to a good end or at least got to them. */
function appliedBy(last: LastSync | undefined, settings: SyncSettings, desired: DesiredCache) {
  if (!last || last.bundle === '' || last.state.operation.sync?.dryRun) return undefined
  const home = settings.destination.namespace ?? ''
  const id = (object: KubeObject) => {
    const { group, kind, namespace, name } = keyOf(object)
    return `${group}/${kind}/${namespace === home ? '' : namespace}/${name}`
  }
  let manifests: Map<string, KubeObject> | undefined
  return (target: KubeObject): KubeObject | undefined => {
    try {
      const read = () => desired.bundle(last.bundle).manifests.map((digest) => desired.manifest(digest))
      manifests ??= new Map(read().map((manifest) => [id(manifest), manifest]))
    } catch {
      manifests = new Map()
    }
    const { phase, syncResult } = last.state
    const { kind, name } = keyOf(target)
    const reached = syncResult?.resources?.some(
      (row) => row.kind === kind && row.name === name && row.status === 'Synced',
    )
    return phase === 'Succeeded' || reached ? manifests.get(id(target)) : undefined
  }
}

function cacheFor({ comparisons }: Observer, { application, annotations }: Sight, digest: string): CompareCache {
  const settings = `${digest} ${JSON.stringify(annotations)}`
  const known = comparisons?.get(application)
  if (known?.settings === settings) return known.cache
  const cache = compareCache()
  comparisons?.set(application, { settings, cache })
  return cache
}

/** What in a namespace nobody tracks and nobody wants, by name and kind. */
export function untracked(namespace: string, wanted: readonly ResourceKey[], live: Live): KubeObject[] {
  const known = new Set(wanted.map(keyString))
  const { kinds } = live.discovery()
  return live.store.topLevelIn(namespace).flatMap(({ key, instance, uid }) => {
    const kind = kinds.get(`${key.group}/${key.kind}`)
    if (!kind || instance !== undefined || known.has(keyString(key))) return []
    const metadata = { name: key.name, namespace: key.namespace, uid }
    return [{ apiVersion: formatApiVersion(key.group, kind.version), kind: key.kind, metadata }]
  })
}

function madeBy({ metadata }: KubeObject, live: Live): number {
  const children = metadata.uid === undefined ? [] : live.store.children(metadata.uid)
  return children.reduce((sum, { uid, key }) => {
    return sum + 1 + madeBy({ apiVersion: '', kind: '', metadata: { uid, name: key.name } }, live)
  }, 0)
}

/** Kinds whose objects make others that a user wants to see as part of the application. */
const makers: ReadonlyMap<string, readonly string[]> = new Map([
  ['apps/Deployment', ['apps/ReplicaSet', '/Pod']],
  ['apps/ReplicaSet', ['/Pod']],
  ['apps/StatefulSet', ['/Pod']],
  ['apps/DaemonSet', ['/Pod']],
  ['batch/Job', ['/Pod']],
  ['batch/CronJob', ['batch/Job', '/Pod']],
])

function alwaysWatched(settings: SyncSettings): readonly string[] {
  const { createNamespace } = syncOptionsOf(settings.syncPolicy?.syncOptions, settings.argocdCm)
  return createNamespace ? ['/Namespace'] : []
}

function wantedKeys(manifests: readonly KubeObject[], settings: SyncSettings, live: Live): ResourceKey[] {
  const namespace = settings.destination.namespace ?? ''
  const { kinds } = live.discovery()
  const keys = manifests.map((manifest) => {
    const key = keyOf(manifest)
    const namespaced = kinds.get(kindName(manifest))?.namespaced ?? true
    return { ...key, namespace: namespaced ? key.namespace || namespace : '' }
  })
  if (namespace !== '') keys.push({ group: '', kind: 'Namespace', namespace: '', name: namespace })
  return keys
}

function kindName(object: KubeObject): string {
  const { group, kind } = gvkOf(object)
  return `${group}/${kind}`
}
