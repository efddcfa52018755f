import type { LabelSelector } from '@flotilla/shared/k8s/label-selector'
import type { Application, ApplicationSpec } from '@flotilla/shared/argo/application'
import type { KubeObject, ObjectMeta } from '@flotilla/shared/k8s/object'

export interface Template {
  metadata?: {
    name?: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    finalizers?: string[]
  }
  spec?: ApplicationSpec
}

export interface ListGenerator {
  elements?: unknown[]
  elementsYaml?: string
  template?: Template
}

export interface ClusterGenerator {
  selector?: LabelSelector
  values?: Record<string, string>
  flatList?: boolean
  template?: Template
}

export interface GitGenerator {
  repoURL: string
  revision?: string
  directories?: { path: string; exclude?: boolean }[]
  files?: { path: string; exclude?: boolean }[]
  pathParamPrefix?: string
  values?: Record<string, string>
  requeueAfterSeconds?: number
  template?: Template
}

/** One entry of `spec.generators`: a generator by its key, and a selector over what it gives. */
export interface Generator {
  list?: ListGenerator
  clusters?: ClusterGenerator
  git?: GitGenerator
  selector?: LabelSelector
  [kind: string]: unknown
}

export type ApplicationsSync = 'create-only' | 'create-update' | 'create-delete' | 'sync'

/** One step of a rollout: the applications whose labels match, and how many of them at a time. */
export interface RolloutStep {
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
  maxUpdate?: number | string
}

/** How the applications of a set are synced, and in which order they are deleted. */
export interface Strategy {
  type?: string
  rollingSync?: { steps?: RolloutStep[] }
  deletionOrder?: string
}

export interface ApplicationSetSpec {
  goTemplate?: boolean
  goTemplateOptions?: string[]
  generators?: Generator[]
  template?: Template
  templatePatch?: string
  syncPolicy?: { preserveResourcesOnDeletion?: boolean; applicationsSync?: ApplicationsSync }
  strategy?: Strategy
  preservedFields?: { annotations?: string[]; labels?: string[] }
  ignoreApplicationDifferences?: { name?: string; jsonPointers?: string[]; jqPathExpressions?: string[] }[]
  [field: string]: unknown
}

export interface ApplicationSetCondition {
  type: 'ErrorOccurred' | 'InvalidRolloutConfig' | 'ParametersGenerated' | 'ResourcesUpToDate' | 'RolloutProgressing'
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
  lastTransitionTime?: string
}

/** How far the rollout of one application has come. */
export interface RolloutStatus {
  application: string
  status: 'Waiting' | 'Pending' | 'Progressing' | 'Healthy'
  message: string
  /** The step's number, from 1 on; -1 where no step has the application. */
  step: string
  targetRevisions: string[]
  lastTransitionTime?: string
}

export interface ApplicationSet extends KubeObject {
  metadata: ObjectMeta
  spec: ApplicationSetSpec
  status?: {
    conditions?: ApplicationSetCondition[]
    applicationStatus?: RolloutStatus[]
    resources?: unknown[]
    resourcesCount?: number
    health?: { status: string; message?: string; lastTransitionTime?: string }
    [field: string]: unknown
  }
}

/** Parameters of one application; flat text without Go templates. */
export type Params = Record<string, unknown>

/** Generated: what an Application should be, but for what the cluster of the hub adds. */
export type Generated = Pick<Application, 'apiVersion' | 'kind' | 'metadata' | 'spec'>

/** Why nothing was generated; `reason` is the condition's. */
export class GenerateError extends Error {
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GenerateError'
    this.reason = reason
  }
}
