import {
  StoreError,
  type Change,
  type Listing,
  type ListOptions,
  type ObjectKey,
  type Scope,
  type StopWatch,
  type Stored,
  type WatchSink,
} from '@flotilla/shared/apiserver/object-store'
import { inOrder } from '@flotilla/shared/lang/order'

/** How much history is kept for watchers that come back, and for pages of older snapshots. */
export interface HistoryLimits {
  readonly changes: number
  /** Of JSON text, all changes together. */
  readonly bytes: number
}

interface Kind {
  readonly items: Map<string, Stored>
  /** Ids in order of namespace, then name; rebuilt when the set of ids changes. */
  sorted: string[] | undefined
}

interface Watcher {
  readonly scope: Scope
  readonly sink: WatchSink
  /** What was replayed but not yet delivered; live changes queue behind it. */
  backlog: Change[] | undefined
  stopped: boolean
}

const separator = '\u0000'

/** One string per name within a resource, which sorts by namespace, then name. */
export function idOf(namespace: string, name: string): string {
  return `${namespace}${separator}${name}`
}

/** Everything that is durable, as values in memory: the latest objects, recent history, and who watches. */
export class Timeline {
  private readonly kinds = new Map<string, Kind>()
  private history: { change: Change; at: number; bytes: number }[] = []
  private historyBytes = 0
  private compacted: number
  private current: number
  private readonly watchers = new Set<Watcher>()
  private readonly limits: HistoryLimits

  constructor(revision: number, limits: HistoryLimits) {
    this.current = revision
    this.compacted = revision
    this.limits = limits
  }

  get revision(): number {
    return this.current
  }

  /** Puts an object in place without history, as loaded from disk. */
  load(stored: Stored): void {
    this.kind(stored.key.resource).items.set(idOf(stored.key.namespace, stored.key.name), stored)
  }

  get(key: ObjectKey): Stored | undefined {
    return this.kinds.get(key.resource)?.items.get(idOf(key.namespace, key.name))
  }

  list(scope: Scope, options: ListOptions = {}): Listing {
    const at = options.at === undefined ? this.current : this.parse(options.at)
    const all = at === this.current ? this.sorted(scope.resource) : this.snapshot(scope.resource, at)
    const after = options.after && idOf(options.after.namespace, options.after.name)
    const items: Stored[] = []
    let remaining = 0
    for (const stored of all) {
      if (scope.namespace !== undefined && stored.key.namespace !== scope.namespace) continue
      if (after !== undefined && idOf(stored.key.namespace, stored.key.name) <= after) continue
      if (options.limit !== undefined && options.limit > 0 && items.length >= options.limit) remaining++
      else items.push(stored)
    }
    return { revision: String(at), items, remaining }
  }

  /** Makes a durable change visible and tells the watchers. */
  apply(change: Change, bytes: number): void {
    const { key } = change.stored
    const kind = this.kind(key.resource)
    const id = idOf(key.namespace, key.name)
    if (change.type === 'deleted') kind.items.delete(id)
    else kind.items.set(id, change.stored)
    if (change.type !== 'modified') kind.sorted = undefined
    this.current = Number(change.revision)
    this.history.push({ change, at: this.current, bytes })
    this.historyBytes += bytes
    if (this.history.length > this.limits.changes || this.historyBytes > this.limits.bytes) this.forgetHalf()
    for (const watcher of this.watchers) this.offer(watcher, change)
  }

  watch(scope: Scope, since: string, sink: WatchSink): StopWatch {
    const from = this.parse(since)
    const missed = this.history.filter((entry) => entry.at > from && matches(scope, entry.change))
    const watcher: Watcher = { scope, sink, backlog: missed.map((entry) => entry.change), stopped: false }
    this.watchers.add(watcher)
    // Delivered once the caller holds the answer, so that a sink may stop its own watch.
    queueMicrotask(() => this.drain(watcher))
    return () => this.drop(watcher)
  }

  compact(revision: number): void {
    const upTo = Math.min(revision, this.current)
    if (upTo <= this.compacted) return
    this.compacted = upTo
    this.history = this.history.filter((entry) => entry.at > upTo)
    this.historyBytes = this.history.reduce((sum, entry) => sum + entry.bytes, 0)
  }

  /** Ends every watch. */
  end(error: StoreError): void {
    for (const watcher of this.watchers) {
      this.drop(watcher)
      watcher.sink.end(error)
    }
  }

  private parse(text: string): number {
    const revision = Number(text)
    if (!Number.isSafeInteger(revision) || revision < 0) throw new StoreError('RevisionGone', `no revision: ${text}`)
    if (revision < this.compacted)
      throw new StoreError('RevisionGone', `revision ${text} is compacted; the oldest is ${this.compacted}`)
    return revision
  }

  private kind(resource: string): Kind {
    let kind = this.kinds.get(resource)
    if (!kind) this.kinds.set(resource, (kind = { items: new Map(), sorted: undefined }))
    return kind
  }

  private sorted(resource: string): Stored[] {
    const kind = this.kinds.get(resource)
    if (!kind) return []
    kind.sorted ??= [...kind.items.keys()].sort(inOrder)
    return kind.sorted.flatMap((id) => kind.items.get(id) ?? [])
  }

  /** The items of a resource as they were: the present with younger changes undone. */
  private snapshot(resource: string, at: number): Stored[] {
    const items = new Map(this.kinds.get(resource)?.items)
    for (let i = this.history.length - 1; i >= 0; i--) {
      const entry = this.history[i]
      if (!entry || entry.at <= at) break
      const { stored, previous } = entry.change
      if (stored.key.resource !== resource) continue
      const id = idOf(stored.key.namespace, stored.key.name)
      if (previous) items.set(id, previous)
      else items.delete(id)
    }
    return [...items].sort(([a], [b]) => inOrder(a, b)).map(([, stored]) => stored)
  }

  private forgetHalf(): void {
    const kept = this.history.slice(Math.ceil(this.history.length / 2))
    const first = kept[0]
    this.compact(first ? first.at - 1 : this.current)
  }

  private offer(watcher: Watcher, change: Change): void {
    if (!matches(watcher.scope, change)) return
    if (watcher.backlog) watcher.backlog.push(change)
    else this.deliver(watcher, change)
  }

  private drain(watcher: Watcher): void {
    for (let change = watcher.backlog?.shift(); change; change = watcher.backlog?.shift()) this.deliver(watcher, change)
    watcher.backlog = undefined
  }

  private deliver(watcher: Watcher, change: Change): void {
    if (watcher.stopped) return
    try {
      watcher.sink.change(change)
    } catch (error) {
      // One watcher's bug must not cost the others their changes, nor the writer its answer.
      this.drop(watcher)
      watcher.sink.end(new StoreError('Unavailable', 'the watcher failed', { cause: error }))
    }
  }

  private drop(watcher: Watcher): void {
    watcher.stopped = true
    this.watchers.delete(watcher)
  }
}

function matches(scope: Scope, change: Change): boolean {
  const { key } = change.stored
  return key.resource === scope.resource && (scope.namespace === undefined || scope.namespace === key.namespace)
}
