import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { watchesOrphans } from '@flotilla/shared/engine/orphans'
import { resourceFilter } from '@flotilla/shared/engine/resource-filter'
import { syncOptionsOf } from '@flotilla/shared/engine/sync-options'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOf, type ResourceKey } from '@flotilla/shared/k8s/ref'
import type { Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { DesiredCache } from '../desired.ts'
import type { Live } from '../live/live.ts'
import type { Sight } from './observe.ts'

/** What has to be seen of a cluster to compare an application with it. */
export interface Sought {
  readonly bundle: Bundle
  readonly settings: SyncSettings
  readonly manifests: readonly KubeObject[]
  /** Of the manifests in their order, then of the destination's namespace. */
  readonly wanted: readonly ResourceKey[]
  /** The kinds of its objects and of those that they make. */
  readonly watched: readonly KindInfo[]
  readonly namespaces: ReadonlySet<string>
  /** What nobody tracks in the destination's namespace is looked for as well. */
  readonly orphaned: boolean
  /** The destination's namespace is made where it is missing. */
  readonly makesHome: boolean
}

/** What an application's bundle, and what is tracked as its own, ask to be seen. */
export function soughtBy(desired: DesiredCache, live: Live, sight: Sight): Sought {
  const bundle = desired.bundle(sight.digest)
  const kept = desired.settings(bundle.settings)
  const settings = sight.annotations ? { ...kept, annotations: { ...sight.annotations } } : kept
  const manifests = bundle.manifests.map((digest) => desired.manifest(digest))
  const { kinds } = live.discovery()
  const wanted = wantedKeys(manifests, settings, kinds)
  const orphaned = watchesOrphans(settings)
  const makesHome = syncOptionsOf(settings.syncPolicy?.syncOptions, settings.argocdCm).createNamespace
  const names = namesOf(manifests, [...sight.kinds, ...(makesHome ? ['/Namespace'] : [])], kinds)
  const included = resourceFilter(settings.argocdCm, settings.cluster ?? settings.destination)
  const watched = kindsOf(names, orphaned, kinds).filter(({ group, kind }) => included(group, kind))
  const own = live.store.trackedBy(settings.instance).map(({ key }) => key)
  const namespaces = namespacesOf([...wanted, ...own], sight.namespaces)
  return { bundle, settings, manifests, wanted, watched, namespaces, orphaned, makesHome }
}

type Kinds = ReadonlyMap<string, KindInfo>

/** Kinds whose objects make others that a user wants to see as part of the application. */
const makers: ReadonlyMap<string, readonly string[]> = new Map([
  ['apps/Deployment', ['apps/ReplicaSet', '/Pod']],
  ['apps/ReplicaSet', ['/Pod']],
  ['apps/StatefulSet', ['/Pod']],
  ['apps/DaemonSet', ['/Pod']],
  ['batch/Job', ['/Pod']],
  ['batch/CronJob', ['batch/Job', '/Pod']],
])

function namesOf(manifests: readonly KubeObject[], others: readonly string[], kinds: Kinds): Set<string> {
  const names = new Set([...manifests.map(kindName), ...others])
  // A kind that is not served may come with the next definition that somebody makes.
  if ([...names].some((name) => !kinds.has(name))) names.add('apiextensions.k8s.io/CustomResourceDefinition')
  for (const [maker, made] of makers) if (names.has(maker)) for (const name of made) names.add(name)
  return names
}

function kindsOf(names: ReadonlySet<string>, orphaned: boolean, kinds: Kinds): KindInfo[] {
  const used = orphaned ? [...kinds.values()].filter(({ namespaced }) => namespaced) : []
  return [...used, ...[...names].flatMap((name) => kinds.get(name) ?? [])]
}

function namespacesOf(keys: readonly ResourceKey[], before: readonly string[]): Set<string> {
  const namespaces = new Set(before)
  for (const { namespace } of keys) namespaces.add(namespace)
  namespaces.delete('')
  return namespaces
}

function wantedKeys(manifests: readonly KubeObject[], settings: SyncSettings, kinds: Kinds): ResourceKey[] {
  const namespace = settings.destination.namespace ?? ''
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
