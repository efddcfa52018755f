import type { Committer } from './committer.ts'
import type { Json, RecordEntry, RecordRange, Records, RecordWrite } from './records.ts'
import type { RecordRow } from './wire.ts'

/** Records on SQLite; they share the commits of the objects. */
export class SqliteRecords implements Records {
  private readonly committer: Committer

  constructor(committer: Committer) {
    this.committer = committer
  }

  async get<T extends Json = Json>(kind: string, key: string): Promise<T | undefined> {
    const [row] = await this.committer.records({ read: 'record', kind, key })
    return row && parse<T>(row).value
  }

  async put(kind: string, key: string, value: Json): Promise<void> {
    await this.write([{ kind, key, value }])
  }

  async putNew(kind: string, key: string, value: Json): Promise<boolean> {
    const [stored] = await this.committer.commit([{ op: 'record-new', kind, key, json: JSON.stringify(value) }])
    return stored ?? false
  }

  async delete(kind: string, key: string): Promise<boolean> {
    const [gone] = await this.committer.commit([{ op: 'record', kind, key, json: undefined }])
    return gone ?? false
  }

  async write(batch: readonly RecordWrite[]): Promise<void> {
    await this.committer.commit(
      batch.map(({ kind, key, value }) => ({
        op: 'record',
        kind,
        key,
        json: value === undefined ? undefined : JSON.stringify(value),
      })),
    )
  }

  async list<T extends Json = Json>(kind: string, range: RecordRange = {}): Promise<readonly RecordEntry<T>[]> {
    return (await this.committer.records({ read: 'records', kind, range })).map((row) => parse<T>(row))
  }

  async putBlob(digest: string, text: string, at: number): Promise<void> {
    await this.committer.commit([{ op: 'blob', digest, text, at }])
  }

  async getBlob(digest: string): Promise<string | undefined> {
    return this.committer.blob(digest)
  }

  async oldBlobs(
    at: number,
    { after = '', limit }: { readonly after?: string; readonly limit: number },
  ): Promise<readonly string[]> {
    return this.committer.oldBlobs(at, after, limit)
  }

  async dropOldBlobs(digests: readonly string[], at: number): Promise<number> {
    const done = await this.committer.commit(digests.map((digest) => ({ op: 'drop-blob', digest, before: at })))
    return done.filter(Boolean).length
  }
}

function parse<T extends Json>(row: RecordRow): RecordEntry<T> {
  return { key: row.key, value: JSON.parse(row.json) as T }
}
