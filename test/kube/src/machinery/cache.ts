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

/** What a cache keeps of an object; nothing: listeners are told of it all the same, as it is. */
export type Keep = (object: KubeObject) => KubeObject | undefined

/** Who owns whom and what is on its way out, and no more. Of most objects that is nothing. */
export const relations: Keep = (object) => {
  if (!isRelated(object)) return undefined
  const { apiVersion, kind, metadata } = object
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp } = metadata
  const kept = { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp }
  const given = Object.entries(kept).filter(([, value]) => value !== undefined)
  return { apiVersion, kind, metadata: Object.fromEntries(given) }
}

/** Whether an object has owners, or somebody or something to wait for before it goes. */
export function isRelated({ metadata }: KubeObject): boolean {
  const { ownerReferences = [], finalizers = [], deletionTimestamp } = metadata
  return ownerReferences.length > 0 || finalizers.length > 0 || deletionTimestamp !== undefined
}

/** That there is an object, and no more: all of a namespace are kept as one and the same. */
export function presence(): Keep {
  const byNamespace = new Map<string, KubeObject>()
  return ({ apiVersion, kind, metadata: { namespace = '' } }) => {
    let kept = byNamespace.get(namespace)
    if (!kept) byNamespace.set(namespace, (kept = { apiVersion, kind, metadata: { namespace } }))
    return kept
  }
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
  readonly #held = new Map<string, Map<string, KubeObject>>()
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #listeners = new Set<(event: CacheEvent) => void>()
  readonly #relisted = new Set<() => void>()
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
      if (this.#held.size > 0) this.#dropAllBut(new Set(items.map(keyOfObject)))
      for (const object of items) this.#set(object)
      this.#told = BigInt(revision)
      if (this.#synced) for (const listener of this.#relisted) listener()
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
    return this.#held.get(namespace)?.get(name)
  }

  list(namespace?: string): KubeObject[] {
    if (namespace !== undefined) return [...(this.#held.get(namespace)?.values() ?? [])]
    return [...this.#held.values()].flatMap((objects) => [...objects.values()])
  }

  /** The objects that name an owner of this uid, in order of name. */
  ownedBy(uid: string | undefined): KubeObject[] {
    const keys = [...(this.#byOwner.get(uid ?? '') ?? [])].toSorted()
    return keys.flatMap((key) => lookUp(this, key) ?? [])
  }

  onChange(listener: (event: CacheEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Tells of lists after the first: of what went meanwhile, only what was kept has been told of. */
  onRelist(listener: () => void): void {
    this.#relisted.add(listener)
  }

  /** Takes in an object as the answer to a write showed it, unless the watch has told more already. */
  observe(object: KubeObject): void {
    if (BigInt(object.metadata.resourceVersion ?? '0') > this.#told) this.#set(object)
  }

  #set(given: KubeObject): void {
    const { namespace = '', name = '' } = given.metadata
    const previous = this.get(namespace, name)
    if (previous && !isNewer(given, previous)) return
    const kept = this.#keep(given)
    if (previous) this.#unindex(previous)
    if (kept) this.#hold(namespace, name, kept)
    else if (previous) this.#letGo(namespace, name)
    for (const owner of kept?.metadata.ownerReferences ?? []) {
      const keys = this.#byOwner.get(owner.uid) ?? new Set()
      this.#byOwner.set(owner.uid, keys.add(`${namespace}/${name}`))
    }
    this.#tell({ type: 'set', object: kept ?? given, ...(previous ? { previous } : {}) })
  }

  close(): void {
    this.#closed = true
    this.#stopWatch?.()
    this.#listeners.clear()
    this.#relisted.clear()
  }

  #onEvent(event: ObjectEvent): void {
    if (this.#closed) return
    if (event.type === 'GONE') {
      this.#clock.after(0, () => void this.start())
      return
    }
    this.#told = BigInt(event.object.metadata.resourceVersion ?? '0')
    if (event.type === 'DELETED') {
      const { namespace = '', name = '', uid } = event.object.metadata
      const held = this.get(namespace, name)?.metadata.uid
      // Another of the same name may have been taken in by then.
      if (held === undefined || held === uid) this.#drop(namespace, name, event.object)
    } else {
      this.#set(event.object)
    }
  }

  #hold(namespace: string, name: string, object: KubeObject): void {
    let objects = this.#held.get(namespace)
    if (!objects) this.#held.set(namespace, (objects = new Map()))
    objects.set(name, object)
  }

  #letGo(namespace: string, name: string): void {
    const objects = this.#held.get(namespace)
    if (objects?.delete(name) && objects.size === 0) this.#held.delete(namespace)
  }

  #dropAllBut(present: ReadonlySet<string>): void {
    for (const [namespace, objects] of this.#held)
      for (const [name, object] of objects)
        if (!present.has(`${namespace}/${name}`)) this.#drop(namespace, name, object)
  }

  #drop(namespace: string, name: string, object: KubeObject): void {
    const previous = this.get(namespace, name)
    if (previous) this.#unindex(previous)
    this.#letGo(namespace, name)
    this.#tell({ type: 'deleted', object, ...(previous ? { previous } : {}) })
  }

  #unindex(object: KubeObject): void {
    const owners = object.metadata.ownerReferences ?? []
    if (owners.length === 0) return
    const key = keyOfObject(object)
    for (const owner of owners) {
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

/** The object of a key. */
export function lookUp(cache: Cache, key: string): KubeObject | undefined {
  const slash = key.indexOf('/')
  return cache.get(key.slice(0, slash), key.slice(slash + 1))
}

function isNewer(next: KubeObject, held: KubeObject): boolean {
  return BigInt(next.metadata.resourceVersion ?? '0') > BigInt(held.metadata.resourceVersion ?? '0')
}
