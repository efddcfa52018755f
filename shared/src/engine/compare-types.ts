import type { Condition, ResourceStatus, SyncStatusCode } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import type { ResourceKey } from '../k8s/ref.ts'
import type { SyncSettings } from '../protocol/desired.ts'

/** What a cluster tells about a kind. */
export interface KindInfo {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly resource: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

export interface CompareInput {
  readonly settings: SyncSettings
  /** Where the hub keeps applications outside no other namespace: `instance` without `_` lies in it. Default `argocd`. */
  readonly controlNamespace?: string
  /** The cluster's name and server, for exclusions and inclusions that name clusters. */
  readonly cluster?: { readonly name?: string; readonly server?: string }
  /** The rendered manifests, in order (Secrets in clear). */
  readonly manifests: readonly KubeObject[]
  /** Live objects that may belong to the application (tracked by it, or targets by key), whole. */
  readonly live: readonly KubeObject[]
  /** Served kinds by `group/kind`; a kind not in it is not (yet) served. */
  readonly kinds: ReadonlyMap<string, KindInfo>
  /** Results of server-side dry runs by `keyString`, for server-side diff; asked for beforehand by the caller. */
  readonly predicted?: ReadonlyMap<string, KubeObject>
  /** How a target's object was applied last, where that is known. */
  readonly applied?: ((target: KubeObject) => KubeObject | undefined) | undefined
  /** Why the dry runs could not be made: nothing can be said of the application then. */
  readonly failed?: string | undefined
  /** The object without what a jq expression selects (`del(…)`); pure; errors throw. Absent: jq expressions are an error. */
  readonly deletePaths?: DeletePaths
  /** Objects in the destination namespace that nobody tracks, where the project watches orphans. */
  readonly orphans?: readonly KubeObject[]
  /** How many objects an orphan made, it and what it made, all the way down. */
  readonly madeBy?: (orphan: KubeObject) => number
  /** The result of the last sync, if there was one. */
  readonly lastSync?: { readonly managedNamespaceMetadata?: unknown } | undefined
  readonly cache?: CompareCache
  /** The digest of each manifest, where it has one: with it and the live object's version a verdict is known again. */
  readonly digests?: readonly string[]
}

/** `del(expression)` of real jq. */
export type DeletePaths = (expression: string, object: KubeObject) => KubeObject

/**
 * Verdicts that are kept from one comparison to the next, by the target's key. Good for one application under one set of
 * settings: new settings, new cache.
 */
export type CompareCache = Map<string, SettledVerdict>

/** A verdict on a manifest with a digest and one version of a live object. */
export interface SettledVerdict {
  readonly digest: string
  readonly uid: string
  readonly version: string
  readonly modified: boolean
}

/** An empty cache. */
export function compareCache(): CompareCache {
  return new Map()
}

export interface KeptDiff {
  readonly modified: boolean
  readonly normalizedLive?: KubeObject | undefined
  readonly predictedLive?: KubeObject | undefined
}

/** Desired beside live, with the verdict. */
export interface ComparedResource {
  readonly key: ResourceKey
  readonly version: string
  /** As it would be applied: namespace filled in, tracking mark set. Absent: live only (to prune, or a hook's leftovers). */
  readonly target?: KubeObject
  readonly live?: KubeObject
  readonly hook: boolean
  readonly modified: boolean
  /** Live and target after normalisation, as the diff views show them. */
  readonly diff?: KeptDiff
  readonly row: ResourceStatus
}

export interface Comparison {
  readonly sync: SyncStatusCode
  /** Kinds (`group/kind`) among them that could not be seen, with the reason. */
  readonly blind?: ReadonlyMap<string, string>
  /** The rules of comparison cannot be read, so nothing was laid side by side. */
  readonly undiffed?: boolean
  readonly resources: readonly ComparedResource[]
  /** Hooks among the manifests, prepared like targets (namespace, tracking mark); they are no rows unless they are live. */
  readonly hooks: readonly KubeObject[]
  readonly conditions: readonly Condition[]
}
