import type { Clock, Random } from '../lang/clock.ts'
import type { KubeObject } from '../k8s/object.ts'
import type { ObjectStore } from './object-store.ts'
import type { Actor } from './objects.ts'
import type { Resource, ResourceTable } from './resource.ts'

/** One write as admission sees it. */
export interface Admission {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly resource: Resource
  readonly subresource: string | undefined
  readonly namespace: string
  readonly name: string
  /** What will be stored; who mutates may change it or put another in its place. Absent: a deletion. */
  object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  readonly actor: Actor
  readonly dryRun: boolean
  /** `CreateOptions` and the like, as webhooks and policies see them. */
  readonly options?: KubeObject | undefined
  readonly reinvocation?: Reinvocation
  /** A create that was asked for as an update or an apply: who asks was not asked yet whether they may create. */
  readonly byName?: boolean
  /** Adds a `Warning` header to the answer. */
  warn(message: string): void
}

/** Mutation runs twice where a plugin wants it: what came later may matter to what ran before. */
export interface Reinvocation {
  round: number
  wanted: boolean
  /** What plugins remember between the rounds, by their names. */
  readonly notes: Map<string, unknown>
}

export interface ApiHooks {
  /** May change the object once ownership is computed: nobody owns what it sets. Throws a `StatusError` to refuse. */
  mutate?(admission: Admission): Promise<KubeObject | undefined>
  /** Sees the object as it will be stored; throws a `StatusError` to refuse. */
  admit?(admission: Admission): Promise<void>
  /** Answers creates of virtual resources and subresources (reviews, tokens, bindings, evictions). */
  handle?(request: VirtualRequest): Promise<KubeObject | undefined>
}

export interface VirtualRequest {
  readonly resource: Resource
  readonly subresource: string | undefined
  readonly namespace: string
  readonly name: string
  /** Decoded, and with the fields that its sender owns. */
  readonly body: KubeObject
  readonly actor: Actor
  readonly dryRun: boolean
  /** Adds a `Warning` header to the answer. */
  warn(message: string): void
}

/** All that the machinery stands on. */
export interface Machine {
  readonly store: ObjectStore
  readonly resources: ResourceTable
  readonly clock: Clock
  readonly random: Random
  readonly hooks: ApiHooks
}

export const systemActor: Actor = { user: 'system:apiserver', groups: ['system:masters'] }
