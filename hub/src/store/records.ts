/** JSON that survives a round trip through the store. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

export interface RecordEntry<T extends Json = Json> {
  readonly key: string
  readonly value: T
}

export interface RecordRange {
  /** Only keys that begin with this. */
  readonly prefix?: string
  /** Only keys strictly after this one, so that pages follow each other. */
  readonly after?: string
  readonly limit?: number
  /** Descending order of keys: the newest first where keys grow with time. */
  readonly reverse?: boolean
}

/** One write of a batch; a value of `undefined` deletes. */
export interface RecordWrite {
  readonly kind: string
  readonly key: string
  readonly value: Json | undefined
}

/**
 * What the hub remembers besides objects: history, audit, sessions, identities of the fleet, and content-addressed blobs.
 * Writes resolve once durable; a batch is written whole or not at all.
 */
export interface Records {
  get<T extends Json = Json>(kind: string, key: string): Promise<T | undefined>
  put(kind: string, key: string, value: Json): Promise<void>
  /** Stores only if the key is free; false: it was taken. For tokens that may be used once. */
  putNew(kind: string, key: string, value: Json): Promise<boolean>
  /** True if there was something to delete: of several callers only one is told so. */
  delete(kind: string, key: string): Promise<boolean>
  write(batch: readonly RecordWrite[]): Promise<void>
  /** In byte order of keys. */
  list<T extends Json = Json>(kind: string, range?: RecordRange): Promise<readonly RecordEntry<T>[]>
  /** Stores a text under its digest, or says of one that is there that it was stored again. `at` is now. */
  putBlob(digest: string, text: string, at: number): Promise<void>
  getBlob(digest: string): Promise<string | undefined>
  /** Digests of what was last stored before `at`, in their order. */
  oldBlobs(at: number, page: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>
  /** Deletes those of them that were last stored before `at`: one that was stored again in the meantime stays. */
  dropOldBlobs(digests: readonly string[], at: number): Promise<number>
}
