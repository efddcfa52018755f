import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalDiff } from './diff.ts'

function realDiff(before: string, after: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'diff-'))
  try {
    writeFileSync(join(directory, 'a'), before)
    writeFileSync(join(directory, 'b'), after)
    try {
      return execFileSync('diff', ['a', 'b'], { cwd: directory, encoding: 'utf8' })
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test.each([
  ['', 'a\nb\n'],
  ['a\nb\n', ''],
  ['a\nb\nc\n', 'a\nx\nc\n'],
  ['a\nb\nc\n', 'a\nc\n'],
  ['a\nc\n', 'a\nb\nc\n'],
  ['a\nc\n', 'x\ny\na\nc\n'],
])('%j → %j is what diff prints', (before, after) => {
  expect(normalDiff(before, after)).toBe(realDiff(before, after))
})

test('applying the printed hunks by count keeps both lengths', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 })
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      const printed = normalDiff(a.map((l) => `${l}\n`).join(''), b.map((l) => `${l}\n`).join(''))
      const minus = printed.split('\n').filter((line) => line.startsWith('< ')).length
      const plus = printed.split('\n').filter((line) => line.startsWith('> ')).length
      expect(b.length - a.length).toBe(plus - minus)
    }),
  )
})
