import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject, OwnerReference } from '@flotilla/shared/k8s/object'
import { parseApiVersion } from '@flotilla/shared/k8s/gvk'
import { Cache, isRelated, relations, type CacheEvent } from '../machinery/cache.ts'
import { type ControllerContext, type ControllerManager } from '../machinery/controller.ts'
import { resourceId } from '../machinery/resources.ts'
import type { Served, ServedResources } from '../machinery/served.ts'
import { WorkQueue } from '../machinery/work-queue.ts'
import { refTo } from '../machinery/writes.ts'
import { collect, type Dependent, type OwnerState } from './garbage.ts'

interface Node {
  readonly resource: Served
  readonly object: KubeObject
}

/**
 * Follows owner references over everything the API serves. Only what has owners, finalizers or is on its way out is kept;
 * whether any other owner is there is asked of the API.
 */
export class GarbageCollector {
  readonly #context: ControllerContext
  readonly #served: ServedResources
  readonly #manager: ControllerManager
  readonly #caches = new Map<string, { cache: Cache; resource: Served }>()
  readonly #nodes = new Map<string, Node>()
  readonly #dependents = new Map<string, Set<string>>()
  readonly #queue: WorkQueue
  #stopListening: (() => void) | undefined

  constructor(context: ControllerContext, served: ServedResources, manager: ControllerManager) {
    this.#context = context
    this.#served = served
    this.#manager = manager
    this.#queue = new WorkQueue(context.clock, (uid) => this.#work(uid))
  }

  async start(): Promise<void> {
    this.#stopListening = this.#served.onChange(() => void this.#follow())
    await this.#follow()
  }

  get idle(): boolean {
    return this.#queue.idle
  }

  close(): void {
    this.#stopListening?.()
    this.#queue.close()
    for (const { cache } of this.#caches.values()) cache.close()
  }

  async #follow(): Promise<void> {
    const now = new Map(
      this.#served
        .list()
        .filter(isCollectable)
        .map((resource) => [resourceId(resource), resource]),
    )
    for (const [id, { cache }] of this.#caches) {
      if (now.has(id)) continue
      cache.close()
      this.#caches.delete(id)
    }
    const started: Promise<void>[] = []
    for (const [id, resource] of now) {
      if (this.#caches.has(id)) continue
      const cache = new Cache(this.#context.objects, resource, this.#context.clock, relations)
      this.#caches.set(id, { cache, resource })
      cache.onChange((event) => this.#take(resource, event))
      cache.onRelist(() => this.#wakeAll())
      started.push(cache.start())
    }
    await Promise.all(started)
  }

  #take(resource: Served, { type, object, previous }: CacheEvent): void {
    const uid = object.metadata.uid ?? ''
    for (const owner of previous?.metadata.ownerReferences ?? []) this.#release(owner.uid, uid)
    if (type === 'deleted') {
      this.#nodes.delete(uid)
      this.#wakeDependents(uid)
      for (const owner of object.metadata.ownerReferences ?? []) this.#queue.add(owner.uid)
      return
    }
    if (isRelated(object)) this.#nodes.set(uid, { resource, object })
    else this.#nodes.delete(uid)
    for (const { uid: owner } of object.metadata.ownerReferences ?? []) {
      this.#dependents.set(owner, (this.#dependents.get(owner) ?? new Set()).add(uid))
    }
    for (const owner of previous?.metadata.ownerReferences ?? []) this.#queue.add(owner.uid)
    if (object.metadata.ownerReferences || object.metadata.deletionTimestamp !== undefined) this.#queue.add(uid)
    if (isWaiting(object)) this.#wakeDependents(uid)
  }

  #release(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner)
    dependents?.delete(dependent)
    if (dependents?.size === 0) this.#dependents.delete(owner)
  }

  /** After a gap an owner may be gone that nobody told of. */
  #wakeAll(): void {
    for (const uid of this.#nodes.keys()) this.#queue.add(uid)
  }

  #wakeDependents(uid: string): void {
    for (const dependent of this.#dependents.get(uid) ?? []) this.#queue.add(dependent)
  }

  async #work(uid: string): Promise<undefined> {
    const node = this.#nodes.get(uid)
    if (!node) return undefined
    const { resource, object } = node
    const owners: OwnerState[] = []
    for (const owner of object.metadata.ownerReferences ?? []) owners.push(await this.#ownerState(object, owner))
    const dependents = [...(this.#dependents.get(uid) ?? [])].flatMap((id): Dependent[] => {
      const found = this.#nodes.get(id)
      return found ? [found] : []
    })
    for (const write of collect({ resource, object, owners, dependents })) {
      try {
        await this.#manager.perform(write)
      } catch (error) {
        if (!(error instanceof StatusError && error.code === 404)) throw error
      }
    }
    return undefined
  }

  async #ownerState(object: KubeObject, owner: OwnerReference): Promise<OwnerState> {
    const known = this.#nodes.get(owner.uid)
    if (known && (!known.resource.namespaced || known.object.metadata.namespace === object.metadata.namespace)) {
      return isWaiting(known.object) ? 'waiting' : 'solid'
    }
    return (await this.#isGone(object, owner)) ? 'missing' : 'solid'
  }

  /** Absence is never inferred from the caches alone: the owner may be newer than what they hold. */
  async #isGone(object: KubeObject, owner: OwnerReference): Promise<boolean> {
    const { group } = parseApiVersion(owner.apiVersion)
    const resource = this.#served.list().find((served) => served.group === group && served.kind === owner.kind)
    // Of a kind that is not served nobody can say whether the owner is there.
    if (!resource) return false
    const meta = { name: owner.name, ...(resource.namespaced ? { namespace: object.metadata.namespace ?? '' } : {}) }
    if (resource.namespaced && object.metadata.namespace === undefined) return false
    try {
      const live = await this.#context.objects.get(
        refTo(resource, { apiVersion: owner.apiVersion, kind: owner.kind, metadata: meta }),
      )
      return live.metadata.uid !== owner.uid
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return true
      throw error
    }
  }
}

function isWaiting(object: KubeObject): boolean {
  return (
    object.metadata.deletionTimestamp !== undefined &&
    (object.metadata.finalizers?.includes('foregroundDeletion') ?? false)
  )
}

function isCollectable(resource: Served): boolean {
  const ignored = resource.resource === 'events'
  return !ignored && ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb))
}
