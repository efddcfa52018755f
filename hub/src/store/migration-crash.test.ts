import Database from 'better-sqlite3'
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrations } from './migrations.ts'
import { openStore } from './open.ts'

let dir: string
let built: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-migration-'))
  built = await mkdtemp(join(fileURLToPath(new URL('.', import.meta.url)), '.migration-'))
  const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  await build({
    entryPoints: { opener: at('./testing/open-once.ts'), thread: at('./testing/dying-thread.ts') },
    outdir: built,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    external: ['better-sqlite3'],
    logLevel: 'error',
  })
  await writeFile(join(built, 'package.json'), '{"type":"module"}')
}, 30_000)

afterAll(async () => {
  await rm(dir, { recursive: true })
  await rm(built, { recursive: true })
})

/** A database as the hub that knew the first `version` migrations left it, with something in it. */
async function ofOld(version: number): Promise<string> {
  const data = join(dir, `v${version}`)
  await mkdir(data, { recursive: true })
  const db = new Database(join(data, 'flotilla.db'))
  db.pragma('journal_mode = WAL')
  for (const migration of migrations.slice(0, version)) db.exec(migration)
  db.pragma(`user_version = ${version}`)
  if (version > 0) {
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', resourceVersion: '7' } })
    db.prepare('INSERT INTO objects VALUES (?, ?, ?, ?, ?)').run('configmaps', 'a', 'x', 7, json)
    db.exec("UPDATE meta SET value = 7 WHERE key = 'revision'")
    db.prepare('INSERT INTO records VALUES (?, ?, ?)').run('assignment', 'argocd/shop', '{"kept":true}')
    db.prepare('INSERT INTO blobs (digest, bytes) VALUES (?, ?)').run('sha256:x', Buffer.from('content'))
  }
  db.close()
  return data
}

const kept = { version: migrations.length, objects: [7], records: ['{"kept":true}'], blobs: ['content'] }

function contents(data: string): object {
  const db = new Database(join(data, 'flotilla.db'), { readonly: true })
  const column = (sql: string): unknown[] => db.prepare(sql).pluck().all()
  const found = {
    version: db.pragma('user_version', { simple: true }),
    objects: column('SELECT revision FROM objects'),
    records: column('SELECT json FROM records'),
    blobs: column('SELECT CAST(bytes AS TEXT) FROM blobs'),
  }
  db.close()
  return found
}

/** How a process ended that was to bring a database up to date: by the kill, or by having done so. */
function openIn(data: string, dieAfter: number): Promise<NodeJS.Signals | number | null> {
  const env = { ...process.env, DIE_AFTER: String(dieAfter) }
  const child = spawn(process.execPath, [join(built, 'opener.js'), data], { env, stdio: 'ignore' })
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)))
}

it.each([0, 1])(
  'F-06: killed at any step of its migration, a database of version %i is brought up to date by the next start',
  async (version) => {
    const old = await ofOld(version)
    for (let step = 1; ; step++) {
      const data = join(dir, `v${version}-${step}`)
      await cp(old, data, { recursive: true })
      const end = await openIn(data, step)
      expect(await openIn(data, 0)).toBe(0)
      expect(contents(data)).toEqual(version > 0 ? kept : { ...kept, objects: [], records: [], blobs: [] })
      if (end === 0) return expect(step).toBeGreaterThan(migrations.length)
      expect(end).toBe('SIGKILL')
    }
  },
  120_000,
)

it('F-06: a database that a newer hub has written is refused, and left as it is', async () => {
  const data = await ofOld(migrations.length)
  const file = join(data, 'flotilla.db')
  const newer = new Database(file)
  newer.pragma(`user_version = ${migrations.length + 1}`)
  newer.close()
  await expect(openStore(data)).rejects.toThrow(
    `the database has schema ${migrations.length + 1}, this hub knows ${migrations.length}: it was written by a newer hub`,
  )
  const left = new Database(file, { readonly: true })
  expect(left.pragma('user_version', { simple: true })).toBe(migrations.length + 1)
  left.close()
})
