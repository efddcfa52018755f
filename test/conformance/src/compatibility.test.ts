import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { readTranscript } from '@flotilla/shared/engine/transcript'
import { expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '../../..')
const page = readFileSync(path.join(root, 'hub/docs/docs/compatibility.md'), 'utf8')
const transcripts = path.join(root, 'shared/src/engine/testdata')

/** The rows that each transcript tells, by file. */
const rows = new Map(
  readdirSync(transcripts)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => {
      const steps = readTranscript(readFileSync(path.join(transcripts, file), 'utf8'))
      return [
        file,
        new Set(steps.map((step) => step.title.replaceAll('`', '')).filter((title) => title !== '')),
      ] as const
    }),
)

const named = [...page.matchAll(/`([\w-]+(?:\.test)?\.(?:txt|ts)): ([^`]+)`/g)].map(
  ([, file = '', row = '']) => [file, row.replaceAll('\\|', '|')] as const,
)

test('every test that the page names exists', () => {
  const tests = new Map(sources(root).map((file) => [path.basename(file), readFileSync(file, 'utf8')]))
  const absent = named.filter(([file, row]) => !(rows.get(file)?.has(row) ?? tests.get(file)?.includes(`'${row}'`)))
  expect(named.length).toBeGreaterThan(200)
  expect(absent).toEqual([])
})

test('the page names every row that is tested', () => {
  const known = new Set(named.map(([file, row]) => `${file}: ${row}`))
  const missing = [...rows].flatMap(([file, titles]) => [...titles].map((title) => `${file}: ${title}`))
  expect(missing.filter((row) => !known.has(row))).toEqual([])
})

function sources(folder: string): string[] {
  return ['shared/src', 'agent/src', 'hub/src', 'test/conformance/src', 'test/e2e/src'].flatMap((part) =>
    walk(path.join(folder, part)),
  )
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name)
    if (statSync(file).isDirectory()) return name === 'node_modules' ? [] : walk(file)
    return name.endsWith('.test.ts') ? [file] : []
  })
}
