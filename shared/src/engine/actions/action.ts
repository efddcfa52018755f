import type { KubeObject } from '../../k8s/object.ts'

/** An action as it is offered, in the fields of Argo CD's API. */
export interface ResourceAction {
  readonly name: string
  readonly params?: readonly { readonly name: string }[]
  readonly disabled?: true
  readonly iconClass?: string
  readonly displayName?: string
}

/** What is to be done to the cluster: the object patched into the new form, or another one created. */
export interface ImpactedObject {
  readonly operation: 'patch' | 'create'
  readonly object: KubeObject
}

export interface ActionContext {
  readonly now: () => Date
  readonly parameters: Readonly<Record<string, string>>
}

/** An object while an action works on it: plain, its own copy, any field may be absent. */
export type Draft = { [field: string]: unknown } & {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
}

/** One action of one kind. */
export interface ActionRule {
  readonly displayName?: string | ((object: KubeObject) => string)
  readonly icon?: string
  readonly params?: readonly string[]
  /** Offered only where this holds; always where absent. */
  readonly offered?: (object: KubeObject) => boolean
  /** Shown, but greyed out. */
  readonly disabled?: (object: KubeObject) => boolean
  /** Changes the draft, or answers with what is to be made instead. */
  readonly run: (draft: Draft, context: ActionContext) => Draft | void
}

/** Actions by name. */
export type ActionRules = Readonly<Record<string, ActionRule>>

/** What must be there before anything is offered on an object: the line of Argo CD's script that stops, and the path. */
export type Need = readonly [line: number, ...path: string[]]
