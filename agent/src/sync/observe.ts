import { compare } from '@flotilla/shared/engine/compare'
import {
  compareCache,
  type CompareCache,
  type CompareInput,
  type Comparison,
  type DeletePaths,
  type KindInfo,
} from '@flotilla/shared/engine/compare-types'
import { withUnseen } from '@flotilla/shared/engine/unseen'
import { serverSide } from '@flotilla/shared/engine/diff'
import { prepareTargets } from '@flotilla/shared/engine/targets'
import { formatApiVersion } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, keyString, type ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { DesiredCache } from '../desired.ts'
import type { Live, Place } from '../live/live.ts'
import type { Executor } from './execute.ts'
import type { Predicted } from './predict.ts'
import type { OperationRecord } from './record.ts'
import { soughtBy, type Sought } from './sought.ts'

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
  const { desired, live } = observer
  const sought = soughtBy(desired, live, sight)
  const { bundle, settings, manifests, wanted, orphaned } = sought
  await live.use(sought.watched, [...sought.namespaces])
  live.store.watchNamespace(sight.application, orphaned ? settings.destination.namespace : undefined)
  live.store.want(sight.application, wanted)
  await live.fill(wanted)
  const objects = objectsOf(sought, live)
  await asWritten(manifests, wanted, live, objects)
  const asked = desired.assignment(sight.application)?.refresh
  const predicted = await predictedBy(observer, sought, objects, asked)
  const comparison = compare(inputOf(observer, sight, sought, objects, predicted))
  const hidden = hiddenAmong(sought, live)
  const seen = withUnseen(comparison, (place) => live.unseen(place), placesHad(sought, sight))
  const home = { group: '', kind: 'Namespace', namespace: '', name: settings.destination.namespace ?? '' }
  const isAsked = hidden.length > 0 && sought.makesHome && live.unlisted(home) !== undefined
  return { bundle, settings, comparison: seen, hidden, isHomeHidden: isAsked && !(await live.find(home)) }
}

/** Live objects by uid: what is tracked, then what is wanted. */
function objectsOf({ settings, wanted }: Sought, { store }: Live): Map<string, KubeObject> {
  const objects = new Map<string, KubeObject>()
  for (const { key } of store.trackedBy(settings.instance)) take(objects, store.object(key))
  for (const key of wanted) take(objects, store.object(key))
  return objects
}

function take(objects: Map<string, KubeObject>, object: KubeObject | undefined): void {
  if (object) objects.set(object.metadata.uid ?? '', object)
}

function inputOf(
  observer: Observer,
  sight: Sight,
  { bundle, settings, manifests, wanted, orphaned }: Sought,
  objects: ReadonlyMap<string, KubeObject>,
  predicted: Predicted | undefined,
): CompareInput {
  const { desired, live, deletePaths } = observer
  const { namespace } = settings.destination
  return {
    ...predicted,
    settings,
    manifests,
    digests: bundle.manifests,
    live: [...objects.values()],
    kinds: live.discovery().kinds,
    lastSync: sight.last?.state.syncResult,
    applied: appliedBy(sight.last, settings, desired),
    cache: cacheFor(observer, sight, bundle.settings),
    ...(orphaned && namespace && { orphans: untracked(namespace, wanted, live), madeBy: (one) => madeBy(one, live) }),
    ...(deletePaths && { deletePaths }),
  }
}

/** What the server would make of targets, beside the objects that are there; nothing where no dry run is wanted. */
async function predictedBy(
  { executor, live }: Observer,
  { settings, manifests }: Sought,
  objects: ReadonlyMap<string, KubeObject>,
  asked: number | undefined,
): Promise<Predicted | undefined> {
  if (!executor || !manifests.some((manifest) => serverSide(settings, manifest))) return undefined
  const { targets } = prepareTargets({ settings, manifests, live: [], kinds: live.discovery().kinds })
  const byKey = new Map([...objects.values()].map((object) => [keyString(keyOf(object)), object]))
  return executor.predict(settings, asked)(targets, (key) => byKey.get(key))
}

function placesOf({ group, kind, namespaced }: KindInfo, namespaces: Iterable<string>): Place[] {
  return (namespaced ? [...namespaces] : ['']).map((namespace) => ({ group, kind, namespace }))
}

/** The places in which the application had objects before. */
function placesHad({ watched, namespaces }: Sought, { kinds }: Sight): Place[] {
  return watched
    .filter(({ group, kind }) => kinds.includes(`${group}/${kind}`))
    .flatMap((kind) => placesOf(kind, namespaces))
}

function hiddenAmong({ watched, namespaces }: Sought, live: Live): string[] {
  const reasons = watched
    .flatMap((kind) => placesOf(kind, namespaces))
    .flatMap((place) => {
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
  objects: Map<string, KubeObject>,
): Promise<void> {
  // Of an object that comes twice the last one counts.
  const versions = new Map(manifests.map(({ apiVersion }, index) => [keyString(wanted[index] ?? nothing), apiVersion]))
  const others = wanted.flatMap((key) => {
    const apiVersion = versions.get(keyString(key))
    const object = live.store.object(key)
    return object && apiVersion !== undefined && object.apiVersion !== apiVersion ? [{ object, apiVersion }] : []
  })
  const read = others.map(async ({ object, apiVersion }) => take(objects, await live.inVersion(object, apiVersion)))
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
