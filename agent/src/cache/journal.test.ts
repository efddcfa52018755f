import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realClock, virtualClock } from '@flotilla/shared/runtime/clock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Journal } from './journal.ts'

let directory = ''
let path = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-journal-'))
  path = join(directory, 'j.log')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('what was flushed is there again; what was forgotten is not', async () => {
  const journal = await Journal.open(path, realClock)
  journal.set('a', '{"n":1}')
  journal.set('b "q" \\', '"ü\u2028"')
  await journal.flush()
  journal.set('a', '{"n":2}')
  journal.set('c', '3')
  journal.set('c', undefined)
  expect(journal.get('a')).toBe('{"n":2}')
  await journal.close()
  const again = await Journal.open(path, realClock)
  expect(again.keys().toSorted((x, y) => x.localeCompare(y))).toEqual(['a', 'b "q" \\'])
  expect(again.get('a')).toBe('{"n":2}')
  expect(again.get('b "q" \\')).toBe('"ü\u2028"')
  await again.close()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a torn end and a rotten line cost only themselves', async () => {
  const journal = await Journal.open(path, realClock)
  for (const key of ['a', 'b', 'c']) journal.set(key, `"${key.repeat(5)}"`)
  await journal.close()
  await writeFile(path, (await readFile(path, 'utf8')).replace('bbbbb', 'bbbBb'))
  await appendFile(path, '0123456789abcdef "d" "torn')
  const again = await Journal.open(path, realClock)
  expect(again.damaged).toBe(2)
  expect(again.keys()).toEqual(['a', 'c'])
  again.set('d', '4')
  await again.close()
  const last = await Journal.open(path, realClock)
  expect(last.keys()).toEqual(['a', 'c', 'd'])
  await last.close()
})

test('garbage is collected', async () => {
  const journal = await Journal.open(path, realClock)
  journal.set('keep', '"me"')
  const big = JSON.stringify('x'.repeat(1_000_000))
  for (let n = 0; n < 12; n++) {
    journal.set('big', big)
    await journal.flush()
  }
  expect((await stat(path)).size).toBeLessThan(8_000_000)
  expect(journal.get('keep')).toBe('"me"')
  expect(journal.get('big')).toBe(big)
  await journal.close()
})

test('one write follows another after a moment only, but for the last', async () => {
  const clock = virtualClock()
  const journal = await Journal.open(path, clock)
  journal.set('a', '1')
  await journal.flush()
  journal.set('b', '2')
  let written = false
  const second = journal.flush().then(() => (written = true))
  await clock.advance(19)
  expect(written).toBe(false)
  await clock.advance(1)
  await second
  journal.set('c', '3')
  const third = journal.flush()
  await journal.close()
  await third
  const again = await Journal.open(path, clock)
  expect(again.keys()).toEqual(['a', 'b', 'c'])
  await again.close()
})

test('kill -9 in the middle of writing loses nothing that was acknowledged', async () => {
  const script = `
    import { Journal } from ${JSON.stringify(new URL('./journal.ts', import.meta.url).href)}
    // Nothing else keeps this process alive between two writes.
    const clock = { now: Date.now, after: (ms, callback) => (setTimeout(callback, ms), () => undefined) }
    const journal = await Journal.open(${JSON.stringify(path)}, clock)
    for (let n = 0; ; n++) {
      journal.set('k' + (n % 50), String(n))
      await journal.flush()
      process.stdout.write(n + '\\n')
    }`
  const file = join(directory, 'writer.mts')
  await writeFile(file, script)
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', file], { cwd: process.cwd() })
  let acknowledged = -1
  await new Promise<void>((resolve, reject) => {
    let errors = ''
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
    child.stdout.on('data', (text: Buffer) => {
      acknowledged = Number(text.toString().trim().split('\n').at(-1))
      if (acknowledged > 300) child.kill('SIGKILL')
    })
    child.on('exit', () => (acknowledged > 300 ? resolve() : reject(new Error(errors))))
  })
  const journal = await Journal.open(path, realClock)
  const newest = Math.max(...journal.keys().map((key) => Number(journal.get(key))))
  expect(newest).toBeGreaterThanOrEqual(acknowledged)
  expect(journal.keys()).toHaveLength(50)
  await journal.close()
})
