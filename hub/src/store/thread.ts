import Database from 'better-sqlite3'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { migrations } from './migrations.ts'
import type { ObjectRow, Op, Read, RecordRow, Reply, Request } from './wire.ts'

/** The thread that owns the database. It alone blocks: on fsync, on a busy file, on a full disk. */
const { dir, maxPages } = workerData as { dir: string; maxPages?: number | undefined }
const pageOfRows = 500

/** Binding of the two range queries. */
interface Range {
  readonly kind: string
  readonly prefix: string
  readonly after: string
  readonly limit: number
}

function send(reply: Reply): void {
  parentPort?.postMessage(reply)
}

/** Held for the life of the process, and let go by the kernel when it dies: no stale lock after kill -9. */
function lock(): Database.Database {
  const file = new Database(join(dir, 'lock.db'), { timeout: 0 })
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_BUSY')) throw new Error(`another hub is running on the data directory ${dir}`)
    throw error
  }
  return file
}

function open(): Database.Database {
  const db = new Database(join(dir, 'flotilla.db'), { timeout: 30_000 })
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  migrate(db)
  if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`)
  return db
}

function migrate(db: Database.Database): void {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > migrations.length)
    throw new Error(
      `the database has schema ${version}, this hub knows ${migrations.length}: it was written by a newer hub`,
    )
  for (let i = version; i < migrations.length; i++)
    db.transaction(() => {
      db.exec(migrations[i] ?? '')
      db.pragma(`user_version = ${i + 1}`)
    })()
}

function codeOf(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : ''
}

function serve(db: Database.Database, held: Database.Database): void {
  const sql = {
    put: db.prepare(
      'INSERT OR REPLACE INTO objects (resource, namespace, name, revision, json) VALUES (?, ?, ?, ?, ?)',
    ),
    remove: db.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?'),
    revision: db.prepare("UPDATE meta SET value = ? WHERE key = 'revision'"),
    record: db.prepare('INSERT OR REPLACE INTO records (kind, key, json) VALUES (?, ?, ?)'),
    recordNew: db.prepare('INSERT OR IGNORE INTO records (kind, key, json) VALUES (?, ?, ?)'),
    forget: db.prepare('DELETE FROM records WHERE kind = ? AND key = ?'),
    blob: db.prepare(
      'INSERT INTO blobs (digest, bytes, stored) VALUES (?, CAST(? AS BLOB), ?) ON CONFLICT (digest) DO UPDATE SET stored = max(stored, excluded.stored)',
    ),
    dropBlob: db.prepare('DELETE FROM blobs WHERE digest = ? AND stored < ?'),
    oldBlobs: db.prepare<[number, string, number], { digest: string }>(
      'SELECT digest FROM blobs WHERE stored < ? AND digest > ? ORDER BY digest LIMIT ?',
    ),
    getRecord: db.prepare<[string, string], RecordRow>('SELECT key, json FROM records WHERE kind = ? AND key = ?'),
    getBlob: db.prepare<[string], { text: string }>('SELECT CAST(bytes AS TEXT) AS text FROM blobs WHERE digest = ?'),
    forward: db.prepare<[Range], RecordRow>(
      'SELECT key, json FROM records WHERE kind = @kind AND key >= @prefix AND key > @after AND substr(key, 1, length(@prefix)) = @prefix ORDER BY key LIMIT @limit',
    ),
    backward: db.prepare<[Range], RecordRow>(
      "SELECT key, json FROM records WHERE kind = @kind AND key >= @prefix AND (@after = '' OR key < @after) AND substr(key, 1, length(@prefix)) = @prefix ORDER BY key DESC LIMIT @limit",
    ),
  }

  const write = (op: Op): boolean => {
    if (op.op === 'object') {
      if (op.json === undefined) return sql.remove.run(op.resource, op.namespace, op.name).changes > 0
      return sql.put.run(op.resource, op.namespace, op.name, op.revision, op.json).changes > 0
    }
    if (op.op === 'record-new') return sql.recordNew.run(op.kind, op.key, op.json).changes > 0
    if (op.op === 'record') {
      if (op.json === undefined) return sql.forget.run(op.kind, op.key).changes > 0
      return sql.record.run(op.kind, op.key, op.json).changes > 0
    }
    if (op.op === 'drop-blob') return sql.dropBlob.run(op.digest, op.before).changes > 0
    return sql.blob.run(op.digest, op.text, op.at).changes > 0
  }
  const commit = db.transaction((ops: readonly Op[]) => {
    const revision = ops.reduce((last, op) => (op.op === 'object' ? Math.max(last, op.revision) : last), 0)
    if (revision > 0) sql.revision.run(revision)
    return ops.map(write)
  })

  const read = (id: number, ask: Read): Reply => {
    if (ask.read === 'blob') return { id, text: sql.getBlob.get(ask.digest)?.text }
    if (ask.read === 'old-blobs')
      return { id, digests: sql.oldBlobs.all(ask.before, ask.after, ask.limit).map((row) => row.digest) }
    if (ask.read === 'record') return { id, rows: sql.getRecord.all(ask.kind, ask.key) }
    const { prefix = '', after = '', limit = -1, reverse = false } = ask.range
    return { id, rows: (reverse ? sql.backward : sql.forward).all({ kind: ask.kind, prefix, after, limit }) }
  }

  parentPort?.on('message', (request: Request) => {
    try {
      if ('ops' in request) send({ id: request.id, done: commit(request.ops) })
      else if ('ask' in request) send(read(request.id, request.ask))
      else {
        db.close()
        held.close()
        send({ id: request.id, done: [] })
        parentPort?.close()
      }
    } catch (error) {
      send({ id: request.id, failed: error instanceof Error ? error.message : String(error), code: codeOf(error) })
    }
  })

  let page: ObjectRow[] = []
  for (const row of db
    .prepare<[], ObjectRow>('SELECT resource, namespace, name, revision, json FROM objects')
    .iterate()) {
    page.push(row)
    if (page.length < pageOfRows) continue
    send({ loaded: page })
    page = []
  }
  if (page.length > 0) send({ loaded: page })
  const revision = db.prepare<[], { value: number }>("SELECT value FROM meta WHERE key = 'revision'").get()
  send({ ready: revision?.value ?? 0 })
}

try {
  const held = lock()
  serve(open(), held)
} catch (error) {
  send({ refused: error instanceof Error ? error.message : String(error) })
  parentPort?.close()
}
