import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Repositories } from '../git/repository.ts'
import { readTar, writeTar } from '@flotilla/shared/runtime/tar'
import { withUpload } from './uploaded.ts'

const file = (path: string, text: string, executable = false) => ({ path, bytes: Buffer.from(text), executable })
const long = `${'deep/'.repeat(30)}a.yaml`
const files = [
  file('app/a.yaml', 'a: 1\n'),
  file('app/run.sh', 'exit', true),
  file('b.yaml', ''),
  file(long, 'x'.repeat(600)),
]

it('writes what it reads', () => {
  expect(readTar(writeTar(files))).toEqual(files)
})

it('T-16: reads what tar writes, and refuses links and what lies outside', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flotilla-tar-'))
  try {
    mkdirSync(join(dir, 'in', long, '..'), { recursive: true })
    writeFileSync(join(dir, 'in', long), 'one')
    writeFileSync(join(dir, 'b.yaml'), 'two')
    for (const format of ['gnu', 'pax']) {
      execFileSync('tar', ['-C', dir, `--format=${format}`, '-cf', join(dir, 'all.tar'), 'in', 'b.yaml'])
      const read = readTar(readFileSync(join(dir, 'all.tar')))
      expect(read.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
        [`in/${long}`, 'one'],
        ['b.yaml', 'two'],
      ])
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
  expect(() => readTar(writeTar([file('../x', '')]))).toThrow('illegal filepath in archive: ../x')
  expect(() => readTar(writeTar([file('/x', '')]))).toThrow('illegal filepath')
  const link = writeTar([file('link', '')])
  link.write('2', 156)
  expect(() => readTar(link)).toThrow('link is neither a file nor a folder')
  expect(() => readTar(writeTar(files).subarray(0, 514))).toThrow('in the middle of a file')
})

it('reads what was sent in place of one repository, and the others as they are', async () => {
  const asked: string[] = []
  const others = { readTree: (url: string) => (asked.push(url), Promise.reject(new Error('elsewhere'))) }
  const made = withUpload(others as unknown as Repositories, 'https://a', files)
  const commit = await made.resolve('https://a', 'HEAD')
  expect((await made.readTree('https://a', commit, './app/')).files.map(({ path }) => path)).toEqual([
    'a.yaml',
    'run.sh',
  ])
  expect((await made.readTree('https://a', commit, '.')).files).toHaveLength(4)
  await expect(made.readTree('https://a', commit, 'ap')).rejects.toThrow('ap: app path does not exist')
  await expect(made.readTree('https://b', commit, '.')).rejects.toThrow('elsewhere')
  expect(asked).toEqual(['https://b'])
})
