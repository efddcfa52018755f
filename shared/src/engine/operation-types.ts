import type { HealthStatus, OperationState } from '../argo/application.ts'
import type { KubeObject } from '../k8s/object.ts'
import type { ResourceKey } from '../k8s/ref.ts'
import type { SyncTask } from './plan.ts'
import type { ApplyMode, PropagationPolicy, SyncOptions } from './sync-options.ts'

/** Something to do to the cluster. Groups of actions run one after another, the actions of a group side by side. */
export type Action =
  | {
      readonly type: 'apply'
      readonly task: SyncTask
      readonly object: KubeObject
      readonly mode: ApplyMode
    }
  /** Where one of a group fails, what comes after the group is not done. */
  | {
      readonly type: 'prune'
      readonly task: SyncTask
      readonly live: KubeObject
      readonly propagation: PropagationPolicy
    }
  /** Deletes a hook's object, our finalizer first. */
  | { readonly type: 'delete-hook'; readonly task: SyncTask; readonly live: KubeObject }
  /** Takes our finalizer off a hook that has ended. */
  | { readonly type: 'release-hook'; readonly task: SyncTask; readonly live: KubeObject }

/** What came of an action, in the words that users see. */
export interface ActionResult {
  readonly action: Action
  readonly ok: boolean
  readonly message: string
}

/** What a step sees. */
export interface StepObservation {
  readonly tasks: readonly SyncTask[]
  readonly options: SyncOptions
  readonly now: string
  readonly health: (live: KubeObject) => HealthStatus | undefined
  /** Ids of hooks that this operation has created or was about to create. */
  readonly begun: ReadonlySet<string>
  /** Prunes that must not be done yet, with the reason: nothing is over before they are. */
  readonly held?: readonly { readonly key: ResourceKey; readonly reason: string }[]
  /** Deletions were approved by hand since the operation began. */
  readonly pruneConfirmed: boolean
}

export interface Step {
  readonly state: OperationState
  readonly actions: readonly (readonly Action[])[]
  /** What was applied may show its health of before for a moment: the next wave had better wait. */
  readonly settle?: boolean
}
