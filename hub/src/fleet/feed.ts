import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { Recent } from '@flotilla/shared/lang/recent'
import type { Assignment, Bundle } from '@flotilla/shared/protocol/desired'
import { assignmentMark, setDigest } from '@flotilla/shared/protocol/digest'
import type { Down } from '@flotilla/shared/protocol/down'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { DesiredSource } from './ports.ts'

const pack = promisify(gzip)
/** Below this, compressing costs more than it saves. */
const GZIP_FROM = 4 * 1024
const BATCH = 200
const MESSAGE_CHARS = 256 * 1024
/** Unacknowledged messages of assignments: a slow agent gets what is current once it is done with these. */
const WINDOW = 8

type Blob = Extract<Down, { type: 'blobs' }>['items'][number]

/** Blobs as they travel, compressed once whoever asks. */
export class BlobCache {
  readonly #source: DesiredSource
  readonly #packed = new LRUCache<string, Blob>({
    maxSize: 4 * 1024 * 1024,
    sizeCalculation: (blob) => blob.data.length,
  })

  constructor(source: DesiredSource) {
    this.#source = source
  }

  async get(digest: string): Promise<Blob | undefined> {
    const packed = this.#packed.get(digest)
    if (packed !== undefined) return packed
    const text = await this.#source.blob(digest)
    if (text === undefined) return undefined
    if (text.length < GZIP_FROM) return { digest, encoding: 'text', data: text }
    const blob: Blob = { digest, encoding: 'gzip', data: (await pack(text)).toString('base64') }
    this.#packed.set(digest, blob)
    return blob
  }

  async bundle(digest: string): Promise<Bundle | undefined> {
    const text = await this.#source.blob(digest)
    return text === undefined ? undefined : (JSON.parse(text) as Bundle)
  }
}

export interface FeedOptions {
  readonly cluster: string
  readonly source: DesiredSource
  readonly blobs: BlobCache
  /** Sends, and answers the message's number. */
  readonly send: (message: Down) => number
  /** Resolves once the socket has room. */
  readonly room: () => Promise<void>
  /** Calls back soon, once. */
  readonly soon: (callback: () => void) => void
  readonly foreign: (digest: string) => void
  readonly removed: (application: string) => void
}

/** The desired state of one cluster on its way to one connection: level, not edge; what is current when there is room. */
export class Feed {
  readonly #options: FeedOptions
  readonly #dirty = new Set<string>()
  readonly #underWay: number[] = []
  #unwatch: (() => void) | undefined
  #told = false
  /** What this agent was told of late: to ask for it after it has been replaced is slow, not foreign. */
  readonly #recent = new Recent<string, true>(10_000)
  #scheduled = false
  #closed = false

  constructor(options: FeedOptions) {
    this.#options = options
    this.#unwatch = options.source.watch(options.cluster, (application) => {
      this.#dirty.add(application)
      if (this.#told) this.#schedule()
    })
  }

  /** The digest that an agent holds if it misses nothing. */
  digest(): string {
    return setDigest(marks(this.#options.source.assignments(this.#options.cluster) ?? []), sha256)
  }

  /** The agent misses nothing: only changes follow. */
  resume(): void {
    this.#told = true
    if (this.#dirty.size > 0) this.#schedule()
  }

  /** The agent holds this: what differs follows. Nothing is removed while assignments are not known. */
  catchUp(held: ReadonlyMap<string, string>): void {
    const assignments = this.#options.source.assignments(this.#options.cluster)
    if (assignments === undefined) return
    const wanted = marks(assignments)
    for (const [application, mark] of wanted) if (held.get(application) !== mark) this.#dirty.add(application)
    for (const application of held.keys()) {
      this.#recent.put(application, true)
      if (!wanted.has(application)) this.#dirty.add(application)
    }
    this.#told = true
    this.#flush(true)
  }

  acknowledged(upTo: number): void {
    while (this.#underWay[0] !== undefined && this.#underWay[0] <= upTo) this.#underWay.shift()
    if (this.#told && this.#dirty.size > 0) this.#schedule()
  }

  /** Content, only of what is assigned to this cluster: to know a digest is no right to what it stands for. */
  async fetch(wants: readonly { readonly bundle: string; readonly digests?: readonly string[] }[]): Promise<void> {
    const { source, cluster, blobs } = this.#options
    const items: Blob[] = []
    const missing: string[] = []
    let chars = 0
    const flush = async (): Promise<void> => {
      if (items.length === 0 && missing.length === 0) return
      await this.#options.room()
      if (this.#closed) return
      this.#options.send({ type: 'blobs', items: items.splice(0), missing: missing.splice(0) })
      chars = 0
    }
    for (const want of wants) {
      if (this.#closed) return
      const digests = want.digests ?? [want.bundle]
      const bundle = source.isAssigned(cluster, want.bundle) ? await blobs.bundle(want.bundle) : undefined
      const allowed = new Set(bundle === undefined ? [] : [want.bundle, bundle.settings, ...bundle.manifests])
      for (const digest of digests) {
        const blob = allowed.has(digest) ? await blobs.get(digest) : undefined
        if (blob === undefined) {
          missing.push(digest)
          if (!allowed.has(digest) && !this.#recent.peek(want.bundle)) this.#options.foreign(digest)
        } else {
          items.push(blob)
          chars += blob.data.length
        }
        if (chars >= MESSAGE_CHARS || missing.length >= 1000) await flush()
      }
    }
    await flush()
  }

  close(): void {
    this.#closed = true
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  /** Whether this agent was told of an application of late, though it may be gone by now. */
  knew(application: string): boolean {
    return this.#recent.peek(application) === true
  }

  #remember({ application, bundle, operation }: Assignment): void {
    for (const each of [application, bundle, operation?.bundle]) if (each !== undefined) this.#recent.put(each, true)
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    this.#options.soon(() => {
      this.#scheduled = false
      this.#flush(false)
    })
  }

  #flush(evenIfEmpty: boolean): void {
    const { source, cluster, send, removed } = this.#options
    if (this.#closed || source.assignments(cluster) === undefined) return
    let empty = evenIfEmpty
    while ((this.#dirty.size > 0 || empty) && this.#underWay.length < WINDOW) {
      empty = false
      const assignments: Assignment[] = []
      const gone: { application: string }[] = []
      for (const application of this.#dirty) {
        if (assignments.length + gone.length >= BATCH) break
        this.#dirty.delete(application)
        const assignment = source.assignment(cluster, application)
        if (assignment === undefined) {
          gone.push({ application })
          removed(application)
        } else {
          assignments.push(assignment)
          this.#remember(assignment)
        }
      }
      this.#underWay.push(send({ type: 'assign', assignments, removed: gone, complete: this.#dirty.size === 0 }))
    }
  }
}

function marks(assignments: readonly Assignment[]): Map<string, string> {
  return new Map(assignments.map((assignment) => [assignment.application, assignmentMark(assignment, sha256)]))
}
