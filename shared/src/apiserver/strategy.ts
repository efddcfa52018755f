import type { KubeObject } from '../k8s/object.ts'
import type { Actor, Objects } from './objects.ts'

/** One mistake in an object, worded as Kubernetes words it. */
export interface FieldError {
  /** `FieldValueRequired`, `FieldValueInvalid`, `FieldValueNotSupported`, `FieldValueForbidden`, `FieldValueDuplicate`, … */
  readonly reason: string
  /** Path as in `spec.containers[0].name`. */
  readonly field: string
  /** The whole text after the field: `Required value: must be set`. */
  readonly message: string
}

export interface WriteContext {
  readonly verb: 'create' | 'update'
  readonly subresource: string | undefined
  readonly actor: Actor
  /** RFC 3339, whole seconds. */
  readonly now: string
  readonly dryRun: boolean
  /** For look-ups in other kinds. */
  readonly objects: Objects
}

export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

export interface RowCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** A version of a built-in kind that is not the one its objects are kept in. */
export interface KindVersion {
  /** Where another group's kind keeps them. */
  readonly storage?: { readonly group: string; readonly plural: string }
  fromStorage(object: KubeObject): KubeObject
  toStorage(object: KubeObject): KubeObject
  /** Absent: that of the kind. */
  readonly strategy?: KindStrategy
}

/** What a built-in kind does beyond its schema. Each kind is one row of a table; absent functions mean the generic rule. */
export interface KindStrategy {
  /**
   * Versioned defaults that the schema does not tell; mutates `next` and is idempotent. Runs whenever an object is decoded
   * (a request's body, the result of a patch or an apply), before field ownership is computed: the writer owns defaults.
   */
  defaults?(next: KubeObject): void
  /**
   * Fills and clears what clients may not say themselves (allocation, initial status, finalizers); mutates `next`.
   * Runs after field ownership is computed: nobody owns what it sets. May throw a `StatusError` (an admission that refuses).
   */
  prepare?(next: KubeObject, previous: KubeObject | undefined, context: WriteContext): void | Promise<void>
  /** Put on an object when its deletion is asked for: someone cleans up after it first. */
  readonly finalizersOnDelete?: readonly string[]
  /** Dependents are kept when a client's deletion does not say what becomes of them; the text warns of it. */
  readonly orphansByDefault?: { readonly warning?: string }
  /** What is wrong with a name of this kind; absent: a DNS subdomain. Asked on creation (`validation/names.ts` has the rules). */
  nameRule?(name: string): readonly string[]
  /** All mistakes, in field order. Metadata that all kinds share is checked apart. */
  validate?(next: KubeObject, previous: KubeObject | undefined, context: WriteContext): readonly FieldError[]
  warnings?(next: KubeObject, previous: KubeObject | undefined, context: WriteContext): readonly string[]
  /** By their names, the versions whose objects are converted. */
  readonly versions?: Readonly<Record<string, KindVersion>>
  readonly table?: {
    readonly columns: readonly TableColumn[]
    /** `now` in milliseconds, for ages. */
    cells(object: KubeObject, now: number): readonly unknown[]
    /** What is to be said of a row as a whole. */
    conditions?(object: KubeObject): readonly RowCondition[]
  }
}
