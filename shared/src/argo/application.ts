import { Type, type Static } from 'typebox'
import type { ObjectMeta } from '../k8s/object.ts'

/** Argo CD's Application, field by field; unknown fields travel along untouched. */
const open = { additionalProperties: true } as const
const str = Type.Optional(Type.String())
const bool = Type.Optional(Type.Boolean())
const strings = Type.Optional(Type.Array(Type.String()))
const stringMap = Type.Optional(Type.Record(Type.String(), Type.String()))
const object = Type.Optional(Type.Record(Type.String(), Type.Unknown()))

export const HelmSource = Type.Object(
  {
    valueFiles: strings,
    parameters: Type.Optional(Type.Array(Type.Object({ name: str, value: str, forceString: bool }, open))),
    releaseName: str,
    values: str,
    valuesObject: object,
    fileParameters: Type.Optional(Type.Array(Type.Object({ name: str, path: str }, open))),
    version: str,
    passCredentials: bool,
    ignoreMissingValueFiles: bool,
    skipCrds: bool,
    skipSchemaValidation: bool,
    skipTests: bool,
    namespace: str,
    kubeVersion: str,
    apiVersions: strings,
  },
  open,
)
export type HelmSource = Static<typeof HelmSource>

export const KustomizeSource = Type.Object(
  {
    namePrefix: str,
    nameSuffix: str,
    images: strings,
    namespace: str,
    commonLabels: stringMap,
    commonAnnotations: stringMap,
    version: str,
    components: strings,
    patches: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
    replicas: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
    forceCommonLabels: bool,
    forceCommonAnnotations: bool,
    commonAnnotationsEnvsubst: bool,
    labelWithoutSelector: bool,
    labelIncludeTemplates: bool,
    ignoreMissingComponents: bool,
    kubeVersion: str,
    apiVersions: strings,
  },
  open,
)
export type KustomizeSource = Static<typeof KustomizeSource>

export const DirectorySource = Type.Object(
  { recurse: bool, include: str, exclude: str, disableExtensionFilter: bool, jsonnet: object },
  open,
)
export type DirectorySource = Static<typeof DirectorySource>

export const ApplicationSource = Type.Object(
  {
    repoURL: Type.String(),
    path: str,
    targetRevision: str,
    chart: str,
    ref: str,
    name: str,
    tagPrefix: str,
    helm: Type.Optional(HelmSource),
    kustomize: Type.Optional(KustomizeSource),
    directory: Type.Optional(DirectorySource),
    plugin: object,
  },
  open,
)
export type ApplicationSource = Static<typeof ApplicationSource>

export const Destination = Type.Object({ server: str, name: str, namespace: str }, open)
export type Destination = Static<typeof Destination>

export const RetryStrategy = Type.Object(
  {
    limit: Type.Optional(Type.Integer()),
    refresh: bool,
    backoff: Type.Optional(
      Type.Object({ duration: str, factor: Type.Optional(Type.Integer()), maxDuration: str }, open),
    ),
  },
  open,
)
export type RetryStrategy = Static<typeof RetryStrategy>

export const SyncPolicy = Type.Object(
  {
    automated: Type.Optional(Type.Object({ enabled: bool, prune: bool, selfHeal: bool, allowEmpty: bool }, open)),
    syncOptions: strings,
    retry: Type.Optional(RetryStrategy),
    managedNamespaceMetadata: Type.Optional(Type.Object({ labels: stringMap, annotations: stringMap }, open)),
  },
  open,
)
export type SyncPolicy = Static<typeof SyncPolicy>

export const IgnoreDifference = Type.Object(
  {
    group: str,
    kind: Type.String(),
    name: str,
    namespace: str,
    jsonPointers: strings,
    jqPathExpressions: strings,
    managedFieldsManagers: strings,
  },
  open,
)
export type IgnoreDifference = Static<typeof IgnoreDifference>

export const ApplicationSpec = Type.Object(
  {
    project: str,
    source: Type.Optional(ApplicationSource),
    sources: Type.Optional(Type.Array(ApplicationSource)),
    destination: Type.Optional(Destination),
    syncPolicy: Type.Optional(SyncPolicy),
    ignoreDifferences: Type.Optional(Type.Array(IgnoreDifference)),
    info: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, open))),
    revisionHistoryLimit: Type.Optional(Type.Integer()),
    sourceHydrator: object,
  },
  open,
)
export type ApplicationSpec = Static<typeof ApplicationSpec>

export const SyncOperationResource = Type.Object(
  { group: str, kind: Type.String(), name: Type.String(), namespace: str },
  open,
)
export type SyncOperationResource = Static<typeof SyncOperationResource>

export const SyncOperation = Type.Object(
  {
    revision: str,
    revisions: strings,
    prune: bool,
    dryRun: bool,
    syncStrategy: Type.Optional(
      Type.Object(
        {
          apply: Type.Optional(Type.Object({ force: bool }, open)),
          hook: Type.Optional(Type.Object({ force: bool }, open)),
        },
        open,
      ),
    ),
    resources: Type.Optional(Type.Array(SyncOperationResource)),
    source: Type.Optional(ApplicationSource),
    sources: Type.Optional(Type.Array(ApplicationSource)),
    manifests: strings,
    syncOptions: strings,
    autoHealAttemptsCount: Type.Optional(Type.Integer()),
  },
  open,
)
export type SyncOperation = Static<typeof SyncOperation>

export const Operation = Type.Object(
  {
    sync: Type.Optional(SyncOperation),
    initiatedBy: Type.Optional(Type.Object({ username: str, automated: bool }, open)),
    info: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, open))),
    retry: Type.Optional(RetryStrategy),
  },
  open,
)
export type Operation = Static<typeof Operation>

export type SyncStatusCode = 'Synced' | 'OutOfSync' | 'Unknown'
export type HealthStatusCode = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown'
export type OperationPhase = 'Running' | 'Terminating' | 'Failed' | 'Error' | 'Succeeded'
export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail' | 'PreDelete' | 'PostDelete' | 'Skip'
export type ResultCode = 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped'

export interface HealthStatus {
  status: HealthStatusCode
  message?: string
}

/** One row of `status.resources`. */
export interface ResourceStatus {
  group?: string
  version: string
  kind: string
  namespace?: string
  name: string
  status?: SyncStatusCode
  health?: HealthStatus
  hook?: boolean
  requiresPruning?: boolean
  requiresDeletionConfirmation?: boolean
  syncWave?: number
}

/** One row of `status.operationState.syncResult.resources`. */
export interface ResourceResult {
  group: string
  version: string
  kind: string
  namespace: string
  name: string
  status?: ResultCode
  message?: string
  hookType?: SyncPhase
  hookPhase?: OperationPhase
  syncPhase?: SyncPhase
  images?: string[]
}

export interface SyncOperationResult {
  revision: string
  revisions?: string[]
  source?: ApplicationSource
  sources?: ApplicationSource[]
  resources?: ResourceResult[]
  managedNamespaceMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
}

/** `status.operationState`. Phase `Running` with `finishedAt` set waits for the back-off of a retry. */
export interface OperationState {
  operation: Operation
  phase: OperationPhase
  message?: string
  syncResult?: SyncOperationResult
  startedAt: string
  finishedAt?: string
  retryCount?: number
}

export interface Condition {
  type: string
  message: string
  lastTransitionTime?: string
}

export interface RevisionHistory {
  id: number
  revision?: string
  revisions?: string[]
  source?: ApplicationSource
  sources?: ApplicationSource[]
  deployStartedAt?: string
  deployedAt: string
  initiatedBy?: { username?: string; automated?: boolean }
}

export interface ApplicationStatus {
  sync?: {
    status: SyncStatusCode
    revision?: string
    revisions?: string[]
    comparedTo?: {
      source?: ApplicationSource
      sources?: ApplicationSource[]
      destination?: Destination
      ignoreDifferences?: IgnoreDifference[]
    }
  }
  health?: HealthStatus & { lastTransitionTime?: string }
  resources?: ResourceStatus[]
  history?: RevisionHistory[]
  conditions?: Condition[]
  operationState?: OperationState
  reconciledAt?: string
  sourceType?: string
  sourceTypes?: string[]
  summary?: { images?: string[]; externalURLs?: string[] }
  controllerNamespace?: string
  resourceHealthSource?: string
  [field: string]: unknown
}

export interface Application {
  apiVersion: 'argoproj.io/v1alpha1'
  kind: 'Application'
  metadata: ObjectMeta
  spec: ApplicationSpec
  status?: ApplicationStatus
  operation?: Operation
  [field: string]: unknown
}

/** The sources of an application, one or many, as one list. */
export function sourcesOf(spec: ApplicationSpec): readonly ApplicationSource[] {
  if (spec.sources && spec.sources.length > 0) return spec.sources
  return spec.source ? [spec.source] : []
}

/** Whether an operation has begun and has not ended yet. */
export function isUnderWay(state: OperationState | undefined): state is OperationState {
  return state?.phase === 'Running' || state?.phase === 'Terminating'
}
