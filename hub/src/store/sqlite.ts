import {
  StoreError,
  type Change,
  type Listing,
  type ListOptions,
  type ObjectKey,
  type ObjectStore,
  type Revision,
  type Scope,
  type StopWatch,
  type Stored,
  type WatchSink,
} from '@flotilla/shared/apiserver/object-store'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Compactor } from '@flotilla/shared/apiserver/compact'
import type { Committer } from './committer.ts'
import { idOf, type Timeline } from './timeline.ts'
import type { Op } from './wire.ts'

/**
 * The object store on SQLite. Readers see what is durable; writers to one key take turns, so that a refusal is always
 * judged against what is durable too; writers to different keys share commits.
 */
export class SqliteObjectStore implements ObjectStore {
  private readonly committer: Committer
  private readonly timeline: Timeline
  private readonly compactor: Compactor
  private readonly ephemeral: ReadonlySet<string>
  private readonly turns = new Map<string, Promise<unknown>>()
  private next: number
  private closed = false

  constructor(committer: Committer, timeline: Timeline, compactor: Compactor, ephemeral: ReadonlySet<string>) {
    this.committer = committer
    this.timeline = timeline
    this.compactor = compactor
    this.ephemeral = ephemeral
    this.next = timeline.revision + 1
  }

  async revision(): Promise<Revision> {
    return String(this.timeline.revision)
  }

  async get(key: ObjectKey): Promise<Stored | undefined> {
    this.check()
    return this.timeline.get(key)
  }

  async list(scope: Scope, options?: ListOptions): Promise<Listing> {
    this.check()
    return this.timeline.list(scope, options)
  }

  create(key: ObjectKey, object: KubeObject): Promise<Stored> {
    return this.inTurn(key, () => {
      if (this.timeline.get(key)) throw new StoreError('AlreadyExists', `${describe(key)} already exists`)
      return this.write('added', key, object, undefined)
    })
  }

  update(key: ObjectKey, object: KubeObject, expected: Revision): Promise<Stored> {
    return this.inTurn(key, () => this.write('modified', key, object, this.expect(key, expected)))
  }

  remove(key: ObjectKey, expected: Revision): Promise<Stored> {
    return this.inTurn(key, () => {
      const previous = this.expect(key, expected)
      return this.write('deleted', key, previous.object, previous)
    })
  }

  watch(scope: Scope, since: Revision, sink: WatchSink): StopWatch {
    this.check()
    return this.timeline.watch(scope, since, sink)
  }

  async compact(revision: Revision): Promise<void> {
    this.timeline.compact(Number(revision))
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await Promise.allSettled(this.turns.values())
    this.timeline.end(new StoreError('Closed', 'the store is closed'))
  }

  private expect(key: ObjectKey, expected: Revision): Stored {
    const stored = this.timeline.get(key)
    if (!stored) throw new StoreError('NotFound', `${describe(key)} not found`)
    if (stored.revision !== expected)
      throw new StoreError('Conflict', `${describe(key)} is at revision ${stored.revision}, not ${expected}`)
    return stored
  }

  private async write(
    type: Change['type'],
    key: ObjectKey,
    object: KubeObject,
    previous: Stored | undefined,
  ): Promise<Stored> {
    const number = this.next++
    const revision = String(number)
    const json = JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: revision } })
    // Read anew when somebody asks: what is stored shares nothing with the caller's object.
    const stored = this.compactor.keepText(key, revision, json)
    const change: Change = { type, revision, stored, ...(previous ? { previous } : {}) }
    const { resource, namespace, name } = key
    const row = { resource, namespace, name, revision: number, json: type === 'deleted' ? undefined : json }
    // What is not written still waits its turn: revisions become visible in their order.
    const ops: Op[] = this.ephemeral.has(resource) ? [] : [{ op: 'object', ...row }]
    await this.committer.commit(ops, () => this.timeline.apply(change, json.length))
    return stored
  }

  private async inTurn<T>(key: ObjectKey, act: () => Promise<T>): Promise<T> {
    this.check()
    const id = `${key.resource} ${idOf(key.namespace, key.name)}`
    const before = this.turns.get(id)
    const mine = (before ? before.catch(() => undefined) : Promise.resolve()).then(act)
    this.turns.set(id, mine)
    try {
      return await mine
    } finally {
      if (this.turns.get(id) === mine) this.turns.delete(id)
    }
  }

  private check(): void {
    if (this.closed) throw new StoreError('Closed', 'the store is closed')
  }
}

function describe(key: ObjectKey): string {
  return `${key.resource} ${key.namespace ? `${key.namespace}/` : ''}${key.name}`
}
