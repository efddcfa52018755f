import type { ObjectEvent, Objects, ResourceRef } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'

/** A change that a cache has taken in; `previous` is what it held before. */
export interface CacheEvent {
  readonly type: 'set' | 'deleted'
  readonly object: KubeObject
  readonly previous?: KubeObject
}

const relistMs = 1000

/** What a cache keeps of an object. */
export type Keep = (object: KubeObject) => KubeObject

/** Who owns whom and what is on its way out, and no more: of most objects nobody needs what is in them. */
export const relations: Keep = ({ apiVersion, kind, metadata }) => {
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp } = metadata
  const kept = { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp }
  const given = Object.entries(kept).filter(([, value]) => value !== undefined)
  return { apiVersion, kind, metadata: Object.fromEntries(given) }
}

/**
 * What the API holds of one resource, kept by list and watch. Writes of this process are taken in at once (`observe`),
 * so that a decision always reads the writes of the one before it.
 */
export class Cache {
  readonly resource: ResourceRef
  readonly #objects: Objects
  readonly #clock: Clock
  readonly #keep: Keep
  readonly #byKey = new Map<string, KubeObject>()
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #listeners = new Set<(event: CacheEvent) => void>()
  #stopWatch: (() => void) | undefined
  #closed = false
  #synced = false
  /** How far list and watch have told. */
  #told = 0n

  constructor(objects: Objects, resource: ResourceRef, clock: Clock, keep: Keep = (object) => object) {
    this.#objects = objects
    this.#keep = keep
    this.resource = resource
    this.#clock = clock
  }

  /** Lists and watches; resolves when the first list is in. */
  async start(): Promise<void> {
    if (this.#closed) return
    try {
      const { items, revision } = await this.#objects.list(this.resource)
      if (this.#isClosed()) return
      const present = new Set(items.map(keyOfObject))
      for (const [key, object] of this.#byKey) if (!present.has(key)) this.#drop(object)
      for (const object of items) this.#set(object)
      this.#told = BigInt(revision)
      this.#synced = true
      this.#stopWatch = this.#objects.watch(this.resource, revision, (event) => this.#onEvent(event))
    } catch (error) {
      // A resource that is not served (a CRD on its way in or out) is looked for again.
      if (!(error instanceof StatusError)) throw error
      this.#clock.after(relistMs, () => void this.start())
    }
  }

  get synced(): boolean {
    return this.#synced
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#byKey.get(`${namespace}/${name}`)
  }

  list(namespace?: string): KubeObject[] {
    const all = [...this.#byKey.values()]
    return namespace === undefined ? all : all.filter((object) => (object.metadata.namespace ?? '') === namespace)
  }

  /** The objects that name an owner of this uid, in order of name. */
  ownedBy(uid: string | undefined): KubeObject[] {
    const keys = [...(this.#byOwner.get(uid ?? '') ?? [])].toSorted()
    return keys.flatMap((key) => this.#byKey.get(key) ?? [])
  }

  onChange(listener: (event: CacheEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Takes in an object as the answer to a write showed it, unless the watch has told more already. */
  observe(object: KubeObject): void {
    if (BigInt(object.metadata.resourceVersion ?? '0') > this.#told) this.#set(object)
  }

  #set(given: KubeObject): void {
    const key = keyOfObject(given)
    const previous = this.#byKey.get(key)
    if (previous && !isNewer(given, previous)) return
    const object = this.#keep(given)
    if (previous) this.#unindex(key, previous)
    this.#byKey.set(key, object)
    for (const owner of object.metadata.ownerReferences ?? []) {
      const keys = this.#byOwner.get(owner.uid) ?? new Set()
      this.#byOwner.set(owner.uid, keys.add(key))
    }
    this.#tell({ type: 'set', object, ...(previous ? { previous } : {}) })
  }

  close(): void {
    this.#closed = true
    this.#stopWatch?.()
    this.#listeners.clear()
  }

  #onEvent(event: ObjectEvent): void {
    if (this.#closed) return
    if (event.type === 'GONE') {
      this.#clock.after(0, () => void this.start())
      return
    }
    this.#told = BigInt(event.object.metadata.resourceVersion ?? '0')
    if (event.type === 'DELETED') {
      const held = this.#byKey.get(keyOfObject(event.object))
      if (held && held.metadata.uid === event.object.metadata.uid) this.#drop(event.object)
    } else {
      this.#set(event.object)
    }
  }

  #drop(object: KubeObject): void {
    const key = keyOfObject(object)
    const previous = this.#byKey.get(key)
    if (previous) this.#unindex(key, previous)
    this.#byKey.delete(key)
    this.#tell({ type: 'deleted', object, ...(previous ? { previous } : {}) })
  }

  #unindex(key: string, object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const keys = this.#byOwner.get(owner.uid)
      keys?.delete(key)
      if (keys?.size === 0) this.#byOwner.delete(owner.uid)
    }
  }

  #tell(event: CacheEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #isClosed(): boolean {
    return this.#closed
  }
}

/** `namespace/name`, with an empty namespace for objects of the cluster. */
export function keyOfObject(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
}

function isNewer(next: KubeObject, held: KubeObject): boolean {
  return BigInt(next.metadata.resourceVersion ?? '0') > BigInt(held.metadata.resourceVersion ?? '0')
}
