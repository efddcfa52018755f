import Database from 'better-sqlite3'
import { copyFile, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, expect, it } from 'vitest'
import { openStore } from './open.ts'

/** What disks and other programs do to a database. */
const folders: string[] = []
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'flotilla-disk-'))
  folders.push(path)
  return path
}
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))))

const keyOf = (name: string) => ({ resource: 'configmaps', namespace: 'a', name })
const object = (name: string, size = 10) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text: name.repeat(size) },
})

it('F-05: what was acknowledged is in an image of the disk that is taken right then', async () => {
  const dir = await folder()
  const store = await openStore(dir)
  const images: string[] = []
  for (let index = 0; index < 10; index++) {
    // Others write at the same time.
    const others = [1, 2, 3].map((other) => store.objects.create(keyOf(`other-${index}-${other}`), object('x')))
    await store.objects.create(keyOf(`acked-${index}`), object('x'))
    await store.records.put('audit', String(index), index)
    const image = join(await folder(), 'data')
    await mkdir(image)
    for (const file of ['flotilla.db', 'flotilla.db-wal']) await copyFile(join(dir, file), join(image, file))
    images.push(image)
    await Promise.all(others)
  }
  await store.close()
  for (const [index, image] of images.entries()) {
    const again = await openStore(image)
    expect(await again.objects.get(keyOf(`acked-${index}`))).toBeDefined()
    expect(await again.records.get('audit', String(index))).toBe(index)
    await again.close()
  }
})

it('F-05: a torn write at the end of the log loses what was not acknowledged, and nothing else', async () => {
  const dir = await folder()
  const store = await openStore(dir)
  await store.objects.create(keyOf('kept'), object('kept'))
  const { size } = await stat(join(dir, 'flotilla.db-wal'))
  await store.objects.create(keyOf('torn'), object('torn', 100))
  const image = join(await folder(), 'data')
  await mkdir(image)
  await copyFile(join(dir, 'flotilla.db'), join(image, 'flotilla.db'))
  const log = await readFile(join(dir, 'flotilla.db-wal'))
  await store.close()
  await writeFile(join(image, 'flotilla.db-wal'), log.subarray(0, size + 700))
  const again = await openStore(image)
  expect(await again.objects.get(keyOf('kept'))).toBeDefined()
  expect(await again.objects.get(keyOf('torn'))).toBeUndefined()
  await again.close()
})

it('F-20: while another program holds the database writes wait, reads do not, and the loop turns', async () => {
  const dir = await folder()
  const store = await openStore(dir)
  await store.objects.create(keyOf('a'), object('a'))
  const other = new Database(join(dir, 'flotilla.db'))
  other.exec('BEGIN IMMEDIATE')
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let isWritten = false
  const write = store.objects.create(keyOf('b'), object('b')).then(() => (isWritten = true))
  for (let turn = 0; turn < 40; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await store.objects.get(keyOf('a'))).toBeDefined()
  }
  expect(isWritten).toBe(false)
  expect(delay.percentile(50) / 1e6).toBeLessThan(50)
  delay.disable()
  other.exec('ROLLBACK')
  other.close()
  await write
  await store.close()
})

it('F-21: a database whose pages are garbage is no empty one: the hub says so and does not start', async () => {
  const dir = await folder()
  const store = await openStore(dir)
  for (let index = 0; index < 50; index++) await store.objects.create(keyOf(`o-${index}`), object(`o-${index}`, 500))
  await store.close()
  const path = join(dir, 'flotilla.db')
  const { size } = await stat(path)
  const file = await open(path, 'r+')
  // All but the first page, which tells the schema.
  for (let at = 8192; at < size; at += 4096) await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, at)
  await file.close()
  await expect(openStore(dir)).rejects.toThrow(/malformed|corrupt/)
})
