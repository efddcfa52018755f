import type { KubeObject } from '../k8s/object.ts'
import { Compactor } from './compact.ts'
import { StoreError } from './object-store.ts'
import { lowerBound, Shelf } from './shelf.ts'
import type {
  Change,
  Listing,
  ListOptions,
  ObjectKey,
  ObjectStore,
  Revision,
  Scope,
  StopWatch,
  Stored,
  WatchSink,
} from './object-store.ts'

export interface MemoryStoreOptions {
  /** How many changes are kept for watches and lists of the past. */
  readonly history?: number
  /** How many objects are held as values at least; all others are held as text. */
  readonly values?: number
}

interface Watcher {
  readonly scope: Scope
  readonly sink: WatchSink
  /** Revision of the last change looked at. */
  position: number
  /** Has seen all there was when last called. */
  current: boolean
}

/** An `ObjectStore` in memory: one counter, a shelf per resource, and a bounded history that watches read. */
export class MemoryStore implements ObjectStore {
  readonly #historyLimit: number
  readonly #compactor: Compactor
  readonly #shelves = new Map<string, Shelf>()
  readonly #watchers = new Map<string, Set<Watcher>>()
  /** Each write is one change and one revision: the last of them is the latest. */
  #history: Change[] = []
  #revision = 1
  #compacted = 0
  /** Resources with changes to deliver, and the first revision among them. */
  #dirty = new Map<string, number>()
  #pumpScheduled = false
  #closed = false

  constructor(options: MemoryStoreOptions = {}) {
    this.#historyLimit = options.history ?? 20_000
    this.#compactor = new Compactor(options.values ?? 1_000)
  }

  revision(): Promise<Revision> {
    return Promise.resolve(String(this.#revision))
  }

  get(key: ObjectKey): Promise<Stored | undefined> {
    return Promise.resolve(this.#find(key))
  }

  list(scope: Scope, options: ListOptions = {}): Promise<Listing> {
    const current = String(this.#revision)
    const at = options.at ?? current
    const items = at === current ? this.#present(scope) : this.#past(scope, Number(at))
    const { after, limit } = options
    const start = after ? lowerBound(items, after.namespace, `${after.name}\0`) : 0
    const end = limit === undefined ? items.length : Math.min(items.length, start + limit)
    const page = start === 0 && end === items.length ? items : items.slice(start, end)
    return Promise.resolve({ revision: at, items: page, remaining: items.length - end })
  }

  async create(key: ObjectKey, object: KubeObject): Promise<Stored> {
    this.#assertOpen()
    if (this.#find(key)) throw new StoreError('AlreadyExists', `${key.resource} ${key.name} already exists`)
    const stored = this.#stamp(key, object)
    this.#shelf(key.resource).put(stored)
    this.#record({ type: 'added', revision: stored.revision, stored })
    return stored
  }

  async update(key: ObjectKey, object: KubeObject, expected: Revision): Promise<Stored> {
    const previous = this.#expect(key, expected)
    const stored = this.#stamp(key, object)
    this.#shelf(key.resource).put(stored)
    this.#record({ type: 'modified', revision: stored.revision, stored, previous })
    return stored
  }

  async remove(key: ObjectKey, expected: Revision): Promise<Stored> {
    const previous = this.#expect(key, expected)
    const stored = this.#stamp(key, previous.object)
    this.#shelf(key.resource).delete(key.namespace, key.name)
    this.#record({ type: 'deleted', revision: stored.revision, stored, previous })
    return stored
  }

  watch(scope: Scope, since: Revision, sink: WatchSink): StopWatch {
    this.#assertOpen()
    const position = Number(since)
    if (position < this.#compacted) throw this.#gone(position)
    const watcher: Watcher = { scope, sink, position, current: false }
    const watchers = this.#watchers.get(scope.resource) ?? new Set()
    this.#watchers.set(scope.resource, watchers.add(watcher))
    if (position < this.#revision) this.#markDirty(scope.resource, position + 1)
    return () => {
      watchers.delete(watcher)
    }
  }

  async compact(revision: Revision): Promise<void> {
    const until = Math.min(Number(revision), this.#revision)
    this.#compacted = Math.max(this.#compacted, until)
    this.#history = this.#history.slice(this.#indexAfter(until))
  }

  async close(): Promise<void> {
    this.#closed = true
    const error = new StoreError('Closed', 'the store is closed')
    for (const watchers of this.#watchers.values()) for (const watcher of watchers) watcher.sink.end(error)
    this.#watchers.clear()
  }

  #find(key: ObjectKey): Stored | undefined {
    this.#assertOpen()
    return this.#shelves.get(key.resource)?.get(key.namespace, key.name)
  }

  #shelf(resource: string): Shelf {
    let shelf = this.#shelves.get(resource)
    if (!shelf) this.#shelves.set(resource, (shelf = new Shelf()))
    return shelf
  }

  #expect(key: ObjectKey, expected: Revision): Stored {
    const previous = this.#find(key)
    if (!previous) throw new StoreError('NotFound', `${key.resource} ${key.name} not found`)
    if (previous.revision !== expected)
      throw new StoreError('Conflict', `${key.resource} ${key.name} is at ${previous.revision}, not ${expected}`)
    return previous
  }

  #stamp(key: ObjectKey, object: KubeObject): Stored {
    const revision = String(this.#revision + 1)
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: revision } }
    return this.#compactor.keep(key, revision, stamped)
  }

  #record(change: Change): void {
    this.#revision += 1
    this.#history.push(change)
    // Trimmed in bulk, so that the cost per write stays constant.
    if (this.#history.length > this.#historyLimit * 1.25) {
      this.#history = this.#history.slice(-this.#historyLimit)
      this.#compacted = this.#revision - this.#history.length
    }
    const { resource } = change.stored.key
    if (this.#watchers.get(resource)?.size) this.#markDirty(resource, this.#revision)
  }

  #markDirty(resource: string, from: number): void {
    this.#dirty.set(resource, Math.min(from, this.#dirty.get(resource) ?? from))
    this.#schedulePump()
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    queueMicrotask(() => {
      this.#pumpScheduled = false
      const dirty = this.#dirty
      this.#dirty = new Map()
      for (const [resource, from] of dirty) {
        const watchers = this.#watchers.get(resource)
        for (const watcher of watchers ?? []) this.#deliver(watcher, watchers as Set<Watcher>, from)
      }
    })
  }

  #deliver(watcher: Watcher, watchers: Set<Watcher>, from: number): void {
    // Who was up to date need not look at what happened to other resources since.
    if (watcher.current) watcher.position = Math.max(watcher.position, from - 1)
    watcher.current = false
    if (watcher.position < this.#compacted) {
      watchers.delete(watcher)
      watcher.sink.end(this.#gone(watcher.position))
      return
    }
    // The sink may write: only what was recorded when it was called is delivered here, the rest by the next pump.
    const history = this.#history
    for (let index = this.#indexAfter(watcher.position); index < history.length; index += 1) {
      const change = history[index]
      if (!change || !watchers.has(watcher)) return
      watcher.position = Number(change.revision)
      const { key } = change.stored
      if (key.resource !== watcher.scope.resource) continue
      if (watcher.scope.namespace !== undefined && watcher.scope.namespace !== key.namespace) continue
      watcher.sink.change(change)
    }
    watcher.current = true
  }

  #indexAfter(position: number): number {
    return Math.min(this.#history.length, Math.max(0, position - (this.#revision - this.#history.length)))
  }

  #present(scope: Scope): readonly Stored[] {
    return this.#shelves.get(scope.resource)?.list(scope.namespace) ?? []
  }

  /** The state at `at`: the present with the changes since undone. */
  #past(scope: Scope, at: number): readonly Stored[] {
    if (at < this.#compacted || at > this.#revision) throw this.#gone(at)
    const state = new Shelf()
    for (const stored of this.#present(scope)) state.put(stored)
    for (let index = this.#history.length - 1; index >= this.#indexAfter(at); index -= 1) {
      const change = this.#history[index]
      if (!change || change.stored.key.resource !== scope.resource) continue
      const { namespace, name } = change.stored.key
      if (scope.namespace !== undefined && scope.namespace !== namespace) continue
      if (change.previous) state.put(change.previous)
      else state.delete(namespace, name)
    }
    return state.list()
  }

  #gone(revision: number): StoreError {
    return new StoreError('RevisionGone', `revision ${revision} is gone, the oldest kept is ${this.#compacted}`)
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('Closed', 'the store is closed')
  }
}
