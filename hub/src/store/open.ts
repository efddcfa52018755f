import { Compactor } from '@flotilla/shared/apiserver/compact'
import type { ObjectStore } from '@flotilla/shared/apiserver/object-store'
import { mkdir } from 'node:fs/promises'
import { Committer } from './committer.ts'
import type { Records } from './records.ts'
import { SqliteRecords } from './sqlite-records.ts'
import { SqliteObjectStore } from './sqlite.ts'
import { Timeline, type HistoryLimits } from './timeline.ts'
import type { ObjectRow } from './wire.ts'

export interface Store {
  readonly objects: ObjectStore
  readonly records: Records
  close(): Promise<void>
}

export interface StoreOptions {
  readonly limits?: HistoryLimits | undefined
  /** Bounds the database in pages of 4 KiB: beyond it a write is refused as on a full disk. */
  readonly maxPages?: number | undefined
  /** Kinds that do not outlive the process: they cost no write to the disk. */
  readonly ephemeral?: ReadonlySet<string> | undefined
}

const defaultLimits: HistoryLimits = { changes: 10_000, bytes: 4 * 1024 * 1024 }
/** Revisions of ephemeral objects are on no disk: a new process begins beyond all that the last one may have given out. */
const restartGap = 10_000_000
/** Those used of late; all others are held as text. */
const objectsAsValues = 100

/**
 * Opens the hub's data directory, makes it where it is not there, and brings its schema up to date.
 * Refuses, saying so, where another hub has it open. History of objects does not outlive the process: a watch from a
 * revision before the start is answered with `RevisionGone`, as after a compaction.
 */
export async function openStore(dir: string, options: StoreOptions = {}): Promise<Store> {
  const { limits = defaultLimits, maxPages, ephemeral = new Set<string>() } = options
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const rows: ObjectRow[] = []
  const { committer, revision } = await Committer.open(dir, (page) => rows.push(...page), maxPages)
  const timeline = new Timeline(revision + (revision > 0 && ephemeral.size > 0 ? restartGap : 0), limits)
  const compactor = new Compactor(objectsAsValues)
  for (const { resource, namespace, name, revision: at, json } of rows)
    timeline.load(compactor.keepText({ resource, namespace, name }, String(at), json))
  const objects = new SqliteObjectStore(committer, timeline, compactor, ephemeral)
  const close = async (): Promise<void> => {
    await objects.close()
    await committer.close()
  }
  return { objects, records: new SqliteRecords(committer), close }
}
