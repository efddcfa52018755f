import { createHash } from 'node:crypto'
import type { Assignment, Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import { canonicalJson } from '@flotilla/shared/protocol/digest'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { isObject } from '@flotilla/shared/lang/json'
import { LRUCache } from 'lru-cache'
import type { DesiredSource } from '../fleet/ports.ts'
import type { Json, Records } from '../store/records.ts'

const recordKind = 'assignment'

/** An application's place in the fleet. */
export interface Entry {
  readonly cluster: string
  readonly assignment: Assignment
  /** Of the render that gave the bundle: what it read, so that an unrelated commit changes nothing. */
  readonly treeDigest?: string | undefined
}

/** What is asked of a cluster for one application, but for the generation, which the book keeps. */
export type Wanted = Omit<Assignment, 'application' | 'generation'>

/**
 * The desired state of all clusters, on disk and in memory. Blobs are stored before an assignment names them, and an
 * assignment is on disk before an agent hears of it: a hub that dies in between has told nobody anything.
 */
export class AssignmentBook implements DesiredSource {
  readonly #records: Records
  readonly #entries = new Map<string, Entry>()
  readonly #clusters = new Map<string, Map<string, Assignment>>()
  /** Of each cluster: the bundles that its assignments name, and how many do. */
  readonly #assigned = new Map<string, Map<string, number>>()
  readonly #watchers = new Map<string, Set<(application: string) => void>>()
  /** Content that was stored of late: agents fetch it in a moment, and the next bundle has most of it again. */
  readonly #fresh = new LRUCache<string, { readonly text: string; readonly storedAt: number }>({
    maxSize: 4 * 1024 * 1024,
    sizeCalculation: ({ text }) => text.length + 200,
  })
  /** Of manifests, by identity: what the renderer has kept is not written down and hashed again. */
  readonly #digests = new WeakMap<object, string>()
  /** What this process has made manifests for: nothing older is in the book. */
  readonly #rendered = new Set<string>()
  /** Generations that agents hold and a restored book has never heard of. */
  readonly #floors = new Map<string, number>()
  #loaded = false

  readonly #clock: Clock
  /** Content that nothing refers to is kept this long. */
  readonly #keepMs: number

  constructor(records: Records, clock: Clock, keepMs = 24 * 3600 * 1000) {
    this.#records = records
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Reads what was desired before; agents are answered from now on. */
  async load(): Promise<void> {
    for (const { key, value } of await this.#records.list(recordKind)) {
      // One that cannot be read is made anew.
      if (isEntry(value)) this.#remember(key, value)
    }
    this.#loaded = true
  }

  entry(application: string): Entry | undefined {
    return this.#entries.get(application)
  }

  applications(): IterableIterator<string> {
    return this.#entries.keys()
  }

  applicationsOf(cluster: string): string[] {
    return [...(this.#clusters.get(cluster)?.keys() ?? [])]
  }

  assignments(cluster: string): readonly Assignment[] | undefined {
    return this.#loaded ? [...(this.#clusters.get(cluster)?.values() ?? [])] : undefined
  }

  assignment(cluster: string, application: string): Assignment | undefined {
    return this.#clusters.get(cluster)?.get(application)
  }

  isAssigned(cluster: string, bundle: string): boolean {
    return (this.#assigned.get(cluster)?.get(bundle) ?? 0) > 0
  }

  watch(cluster: string, changed: (application: string) => void): () => void {
    const set = this.#watchers.get(cluster) ?? new Set()
    this.#watchers.set(cluster, set)
    set.add(changed)
    return () => void set.delete(changed)
  }

  async blob(digest: string): Promise<string | undefined> {
    return this.#fresh.get(digest)?.text ?? this.#records.getBlob(digest)
  }

  /**
   * The hub was restored from a backup, and the agent knows better. Until manifests have been made anew the agent keeps
   * what it has: what is in the book may lack what was added since, and would prune it.
   */
  behind(cluster: string, application: string, generation: number): void {
    const entry = this.#entries.get(application)
    if (entry?.cluster !== cluster || entry.assignment.generation > generation) return
    if (!this.#rendered.has(application)) return void this.#floors.set(application, generation)
    void this.#store(application, { ...entry, assignment: { ...entry.assignment, generation: generation + 1 } })
  }

  /** Publishes what is wanted; the answer is false where nothing changed. */
  async publish(application: string, cluster: string, wanted: Wanted, treeDigest?: string): Promise<boolean> {
    const before = this.#entries.get(application)
    const same = before?.cluster === cluster && before.assignment.incarnation === wanted.incarnation
    const floor = this.#floors.get(application)
    if (treeDigest !== undefined || wanted.cascade !== undefined) {
      this.#rendered.add(application)
      this.#floors.delete(application)
    } else if (same && floor !== undefined) return false
    if (same && floor === undefined) {
      const { application: _application, generation: _generation, ...old } = before.assignment
      if (deepEqual(old, wanted) && before.treeDigest === treeDigest) return false
    }
    const generation = same ? Math.max(before.assignment.generation, floor ?? 0) + 1 : 1
    await this.#store(application, { cluster, assignment: { application, generation, ...wanted }, treeDigest })
    return true
  }

  /** Has the cluster leave an application alone, until something is published again. */
  async pause(application: string): Promise<void> {
    const before = this.#entries.get(application)
    if (!before || before.assignment.paused) return
    const generation = before.assignment.generation + 1
    await this.#store(application, { ...before, assignment: { ...before.assignment, generation, paused: true } })
  }

  async remove(application: string): Promise<void> {
    const before = this.#entries.get(application)
    if (!before) return
    await this.#records.delete(recordKind, application)
    this.#entries.delete(application)
    this.#count(before, -1)
    this.#rendered.delete(application)
    this.#floors.delete(application)
    this.#clusters.get(before.cluster)?.delete(application)
    this.#tell(before.cluster, application)
  }

  /** Stores settings and manifests by content; the answer is the bundle's digest. */
  async putBundle(
    manifests: readonly KubeObject[],
    revisions: readonly string[],
    settings: SyncSettings,
    origins?: readonly number[],
  ): Promise<string> {
    const stored: Promise<string>[] = manifests.map((manifest) => this.#put(manifest))
    const settingsDigest = this.#put(settings)
    const bundle: Bundle = {
      revisions: [...revisions],
      manifests: await Promise.all(stored),
      ...(origins ? { origins: [...origins] } : {}),
      settings: await settingsDigest,
    }
    return this.#put(bundle)
  }

  /** A bundle with the same manifests and other settings; undefined where it cannot be read any more. */
  async withSettings(digest: string, change: (before: SyncSettings) => SyncSettings): Promise<string | undefined> {
    const bundle = await this.blob(digest)
    if (bundle === undefined) return undefined
    const stored = JSON.parse(bundle) as Bundle
    const before = await this.blob(stored.settings)
    if (before === undefined) return undefined
    const settings = await this.#put(change(JSON.parse(before) as SyncSettings))
    return settings === stored.settings ? digest : this.#put({ ...stored, settings })
  }

  async #put(value: object): Promise<string> {
    const known = this.#digests.get(value)
    if (known !== undefined && this.#isFresh(known)) return known
    const text = canonicalJson(value)
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
    this.#digests.set(value, digest)
    if (this.#isFresh(digest)) return digest
    const storedAt = this.#clock.now()
    await this.#records.putBlob(digest, text, storedAt)
    this.#fresh.set(digest, { text, storedAt })
    return digest
  }

  /** Stored so lately that whatever is about to name it will have done so long before it counts as old. */
  #isFresh(digest: string): boolean {
    const known = this.#fresh.get(digest)
    return known !== undefined && this.#clock.now() - known.storedAt < this.#keepMs / 4
  }

  /**
   * Deletes content that no assignment refers to and that was last stored long ago; answers how much went. A publication
   * at the same time is safe: what it will name it has just stored, or stored again, and so it is not old.
   */
  async collect(): Promise<number> {
    if (!this.#loaded) return 0
    const before = this.#clock.now() - this.#keepMs
    const used = await this.#used()
    if (used === undefined) return 0
    let gone = 0
    for (let after = ''; ;) {
      const page = await this.#records.oldBlobs(before, { after, limit: 500 })
      const unused = page.filter((digest) => !used.has(digest))
      if (unused.length > 0) gone += await this.#records.dropOldBlobs(unused, before)
      after = page.at(-1) ?? ''
      if (page.length < 500) return gone
    }
  }

  /** All that assignments refer to; undefined where a bundle cannot be read, as nobody knows then what it is made of. */
  async #used(): Promise<Set<string> | undefined> {
    const used = new Set<string>()
    for (const { assignment } of this.#entries.values()) {
      for (const digest of [assignment.bundle, assignment.operation?.bundle]) {
        if (digest === undefined || used.has(digest)) continue
        const text = await this.blob(digest)
        if (text === undefined) return undefined
        const bundle = JSON.parse(text) as Bundle
        for (const each of [digest, bundle.settings, ...bundle.manifests]) used.add(each)
      }
    }
    return used
  }

  async #store(application: string, entry: Entry): Promise<void> {
    await this.#records.put(recordKind, application, JSON.parse(JSON.stringify(entry)) as Json)
    const before = this.#entries.get(application)
    this.#remember(application, entry)
    if (before && before.cluster !== entry.cluster) {
      this.#clusters.get(before.cluster)?.delete(application)
      this.#tell(before.cluster, application)
    }
    this.#tell(entry.cluster, application)
  }

  #remember(application: string, entry: Entry): void {
    const before = this.#entries.get(application)
    if (before) this.#count(before, -1)
    this.#count(entry, 1)
    this.#entries.set(application, entry)
    const cluster = this.#clusters.get(entry.cluster) ?? new Map<string, Assignment>()
    this.#clusters.set(entry.cluster, cluster)
    cluster.set(application, entry.assignment)
  }

  #count({ cluster, assignment }: Entry, more: 1 | -1): void {
    const counts = this.#assigned.get(cluster) ?? new Map<string, number>()
    this.#assigned.set(cluster, counts)
    for (const bundle of new Set([assignment.bundle, assignment.operation?.bundle])) {
      if (bundle === undefined) continue
      const count = (counts.get(bundle) ?? 0) + more
      if (count > 0) counts.set(bundle, count)
      else counts.delete(bundle)
    }
  }

  #tell(cluster: string, application: string): void {
    for (const watcher of this.#watchers.get(cluster) ?? []) watcher(application)
  }
}

function isEntry(value: unknown): value is Entry {
  return isObject(value) && typeof value['cluster'] === 'string' && isObject(value['assignment'])
}
