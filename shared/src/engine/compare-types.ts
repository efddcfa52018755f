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
  /** The rendered manifests, in order (Secrets in clear). */
  readonly manifests: readonly KubeObject[]
  /** Live objects that may belong to the application (tracked by it, or targets by key), whole. */
  readonly live: readonly KubeObject[]
  /** Served kinds by `group/kind`; a kind not in it is not (yet) served. */
  readonly kinds: ReadonlyMap<string, KindInfo>
  /** Results of jq and of server-side dry runs, asked for beforehand by the caller; pure functions of their inputs. */
  readonly jq?: (expression: string, object: KubeObject) => unknown
  readonly predicted?: ReadonlyMap<string, KubeObject>
  /** `jq` paths deletion: the object without what the expression selects; errors throw. */
  readonly deletePaths?: (expression: string, object: KubeObject) => KubeObject
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
  readonly normalizedLive?: KubeObject
  readonly predictedLive?: KubeObject
  readonly row: ResourceStatus
}

export interface Comparison {
  readonly sync: SyncStatusCode
  readonly resources: readonly ComparedResource[]
  readonly conditions: readonly Condition[]
}
