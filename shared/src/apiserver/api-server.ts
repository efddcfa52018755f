import type { IncomingMessage, ServerResponse } from 'node:http'
import { admissionChain } from './admission/chain.ts'
import type { AdmissionPlugin, AdmissionWorld } from './admission/plugin.ts'
import type { DetailedObjects } from './create-objects.ts'
import { createObjects } from './create-objects.ts'
import type { ApiHooks, Machine } from './hooks.ts'
import type { Clock, Random } from '../lang/clock.ts'
import type { ObjectStore } from './object-store.ts'
import type { Actor } from './objects.ts'
import type { Resource } from './resource.ts'
import { ResourceTable } from './resource.ts'
import { createHandler } from './http/handler.ts'

/** What a request asks for, as authorizers, faults and logs see it. */
export interface RequestInfo {
  readonly verb: string
  readonly method: string
  readonly path: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly isResource: boolean
  readonly actor: Actor
  readonly userAgent: string
}

export interface Decision {
  readonly allowed: boolean
  readonly reason?: string
}

/** What a fault does to a request: a refusal, a delay, a cut connection. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly code: number
      readonly reason: string
      readonly message: string
      readonly retryAfterSeconds?: number
    }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'garbage'; readonly text: string }

export interface RequestLogEntry {
  readonly info: RequestInfo
  readonly code: number
  readonly milliseconds: number
}

export interface ApiServerOptions {
  readonly store: ObjectStore
  readonly resources: readonly Resource[] | ResourceTable
  readonly clock: Clock
  readonly random: Random
  readonly hooks?: ApiHooks
  /** What writes must pass, in order; beside `mutate` and `admit` of the hooks. */
  readonly admission?: readonly AdmissionPlugin[]
  /** The answer to `/version`. */
  readonly version: Readonly<Record<string, string>>
  /** Where the API is mounted: `/k8s`; empty at the root. */
  readonly prefix?: string
  /** Throws a `StatusError` (401) where credentials are wrong. */
  authenticate(request: IncomingMessage): Promise<Actor> | Actor
  authorize(info: RequestInfo): Promise<Decision> | Decision
  /** Answers a GET of a path beside the API, as `/openid/v1/jwks`. */
  readonly document?: (path: string) => Promise<{ readonly contentType: string; readonly body: unknown } | undefined>
  /** Called before a request is carried out. */
  readonly fault?: (info: RequestInfo) => Promise<Fault | undefined> | Fault | undefined
  readonly log?: (entry: RequestLogEntry) => void
  /** Serves subresources that stream (`log`, `exec`, …); answers whether it took the request. */
  readonly connect?: (info: RequestInfo, request: IncomingMessage, response: ServerResponse) => Promise<boolean>
}

export interface ApiServer {
  readonly objects: DetailedObjects
  readonly resources: ResourceTable
  readonly machine: Machine
  /** Answers one HTTP request. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
}

/** A Kubernetes API over a store: in process as `objects`, over HTTP as `handle`. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const resources =
    options.resources instanceof ResourceTable ? options.resources : new ResourceTable(options.resources)
  const { store, clock, random } = options
  const world: AdmissionWorld = {
    store,
    resources,
    clock,
    random,
    // Made below, from the hooks that this is for.
    get objects(): DetailedObjects {
      return objects
    },
    authorize: async (actor, attributes) => options.authorize({ ...noRequest, ...attributes, actor }),
  }
  const chain = options.admission ? admissionChain(options.admission, () => world) : {}
  const machine: Machine = { store, resources, clock, random, hooks: { ...chain, ...options.hooks } }
  const objects: DetailedObjects = createObjects(machine)
  return { objects, resources, machine, handle: createHandler(machine, objects, options) }
}

const noRequest: Omit<RequestInfo, 'actor'> = {
  verb: '',
  method: '',
  path: '',
  group: '',
  version: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  isResource: true,
  userAgent: '',
}
