import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Answer, Case } from './door.ts'
import { orderedBy } from '@flotilla/shared/lang/order'

/** A case with the answer that was recorded. */
export interface RecordedCase {
  readonly input: Case
  readonly recorded: { readonly output: unknown } | { readonly error: string }
}

/** What stands beside an answer in a recording, and is no part of a question. */
const besides = ['name', 'output', 'error', 'stage', 'exit', 'status', 'requests', 'warnings', 'logs']

/** Every case of a topic: a folder is a group with a file a case, a file is a group as a table. */
export function readCases(root: string, topic: string): RecordedCase[] {
  const folder = path.join(root, topic)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .toSorted(orderedBy((one) => one.name))
    .flatMap((entry) => {
      const at = path.join(folder, entry.name)
      if (entry.isDirectory())
        return readdirSync(at)
          .toSorted()
          .map((file) => caseOf(entry.name, readJson(path.join(at, file))))
      if (!entry.name.endsWith('.json')) return []
      const { cases, ...common } = readJson(at)
      const rows = (cases ?? []) as Record<string, unknown>[]
      return rows.map((row) => caseOf(entry.name.slice(0, -'.json'.length), { ...common, ...row }))
    })
}

function caseOf(group: string, row: Record<string, unknown>): RecordedCase {
  const input = Object.fromEntries(Object.entries(row).filter(([key]) => !besides.includes(key)))
  const { error } = row
  const recorded = typeof error === 'string' ? { error } : { output: row['output'] }
  return { input: { ...input, case: `${group}/${String(row['name'])}` }, recorded }
}

/** Cases where we differ on purpose or not yet, by topic, each with its reason. */
export function readExceptions(root: string): Record<string, Record<string, string>> {
  return readJson(path.join(root, 'exceptions.json')) as Record<string, Record<string, string>>
}

/** An answer in the form of what was recorded. */
export function withoutName(answer: Answer): unknown {
  const { case: _, ...rest } = answer
  return JSON.parse(JSON.stringify(rest))
}

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}
