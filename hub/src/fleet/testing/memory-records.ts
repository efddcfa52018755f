import type { Json, RecordEntry, RecordRange, RecordWrite, Records } from '../../store/records.ts'
import { byKey } from '@flotilla/shared/lang/order'

/** Records that live as long as the process. */
export class MemoryRecords implements Records {
  readonly #kinds = new Map<string, Map<string, Json>>()
  readonly #blobs = new Map<string, { readonly text: string; readonly at: number }>()

  async get<T extends Json = Json>(kind: string, key: string): Promise<T | undefined> {
    return this.#kind(kind).get(key) as T | undefined
  }
  async put(kind: string, key: string, value: Json): Promise<void> {
    this.#kind(kind).set(key, structuredClone(value))
  }
  async putNew(kind: string, key: string, value: Json): Promise<boolean> {
    if (this.#kind(kind).has(key)) return false
    this.#kind(kind).set(key, structuredClone(value))
    return true
  }
  async delete(kind: string, key: string): Promise<boolean> {
    return this.#kind(kind).delete(key)
  }
  async write(batch: readonly RecordWrite[]): Promise<void> {
    for (const { kind, key, value } of batch) {
      if (value === undefined) this.#kind(kind).delete(key)
      else this.#kind(kind).set(key, value)
    }
  }
  async list<T extends Json = Json>(kind: string, range: RecordRange = {}): Promise<readonly RecordEntry<T>[]> {
    const { prefix = '', after = '', limit, reverse = false } = range
    const entries = [...this.#kind(kind)]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .toSorted(byKey)
      .map(([key, value]) => ({ key, value: value as T }))
    return (reverse ? entries.toReversed() : entries).slice(0, limit)
  }
  async putBlob(digest: string, text: string, at: number): Promise<void> {
    this.#blobs.set(digest, { text, at })
  }
  async getBlob(digest: string): Promise<string | undefined> {
    return this.#blobs.get(digest)?.text
  }
  async oldBlobs(at: number, { after = '', limit }: { after?: string; limit: number }): Promise<readonly string[]> {
    const old = [...this.#blobs].flatMap(([digest, blob]) => (blob.at < at && digest > after ? [digest] : []))
    return old.toSorted().slice(0, limit)
  }
  async dropOldBlobs(digests: readonly string[], at: number): Promise<number> {
    const old = digests.filter((digest) => (this.#blobs.get(digest)?.at ?? at) < at)
    for (const digest of old) this.#blobs.delete(digest)
    return old.length
  }
  /** All that is stored, as a thief would read it. */
  dump(): string {
    return JSON.stringify([...this.#kinds].map(([kind, entries]) => [kind, [...entries]]))
  }

  #kind(kind: string): Map<string, Json> {
    let entries = this.#kinds.get(kind)
    if (entries === undefined) this.#kinds.set(kind, (entries = new Map()))
    return entries
  }
}
