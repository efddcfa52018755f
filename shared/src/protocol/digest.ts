import type { Assignment } from './desired.ts'
import type { ApplicationReport } from './report.ts'

/** sha256 of UTF-8 text as lower-case hex; an argument, because this folder does no IO and knows no platform. */
export type Sha256 = (text: string) => string

function sorted(keys: string[]): readonly string[] {
  for (let index = 1; index < keys.length; index += 1)
    if ((keys[index] ?? '') < (keys[index - 1] ?? '')) return keys.sort()
  return keys
}

/** JSON with keys sorted, without blanks, without what is undefined: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) {
    let items = ''
    for (const item of value as unknown[]) items += `${items === '' ? '' : ','}${canonicalJson(item)}`
    return `[${items}]`
  }
  const record = value as Readonly<Record<string, unknown>>
  let fields = ''
  // Written in order already, most of them are: then they are not sorted anew.
  for (const key of sorted(Object.keys(record))) {
    const item = record[key]
    if (item !== undefined) fields += `${fields === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(item)}`
  }
  return `{${fields}}`
}

/** `sha256:<hex>` of a value's canonical JSON. */
export function digestOf(value: unknown, sha256: Sha256): string {
  return `sha256:${sha256(canonicalJson(value))}`
}

/** A short mark of one assignment, for inventories: 64 bits suffice to tell versions of one application apart. */
export function assignmentMark(assignment: Assignment, sha256: Sha256): string {
  return sha256(canonicalJson(assignment)).slice(0, 16)
}

/** One digest over marks by application, whatever their order: what both sides compare when they meet again. */
export function setDigest(marks: ReadonlyMap<string, string>, sha256: Sha256): string {
  const lines = [...marks].map(([application, mark]) => `${application}\n${mark}`)
  return `sha256:${sha256(lines.toSorted().join('\n'))}`
}

/** What a report says, as JSON in the order in which its agent wrote it; when it was computed does not count. */
export function reportText(report: ApplicationReport): string {
  const { reconciledAt: _, ...said } = report
  return JSON.stringify(said)
}

/** A short mark of what a report says. */
export function reportMark(text: string, sha256: Sha256): string {
  return sha256(text).slice(0, 16)
}

/** Of the kinds that a cluster serves, sorted. */
export function servedDigest(apis: readonly string[], sha256: (text: string) => string): string {
  return sha256(apis.join('\n')).slice(0, 32)
}
