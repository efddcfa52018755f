import { dictionary } from '../lang/dictionary.ts'
import { ExprError } from './lex.ts'

export type Predicate = (item: unknown, index: number) => unknown

const list = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value as readonly unknown[]
  throw new ExprError(`cannot range over ${value === null ? '<nil>' : typeof value}`)
}
const text = (value: unknown): string => {
  if (typeof value === 'string') return value
  throw new ExprError(`${JSON.stringify(value)} is no string`)
}
const number = (value: unknown): number => {
  if (typeof value === 'number') return value
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(read)) throw new ExprError(`invalid operation: int(${JSON.stringify(value)})`)
  return read
}
const fields = (value: unknown): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ExprError(`${JSON.stringify(value)} is no map`)
}
const numbers = (values: readonly unknown[]): number[] => values.flat(Infinity).map(number)
const holds = (test: unknown) => (item: unknown, index: number) => (test as Predicate)(item, index) === true
const lengthOf = (value: unknown): number => {
  if (typeof value === 'string') return Array.from(value).length
  return Array.isArray(value) ? value.length : Object.keys(fields(value)).length
}

type Builtin = (...args: readonly unknown[]) => unknown

/** The functions of expr-lang. */
export const builtins: Readonly<Record<string, Builtin>> = dictionary({
  len: (value) => lengthOf(value),
  all: (items, test) => list(items).every(holds(test)),
  none: (items, test) => !list(items).some(holds(test)),
  any: (items, test) => list(items).some(holds(test)),
  one: (items, test) => list(items).filter(holds(test)).length === 1,
  filter: (items, test) => list(items).filter(holds(test)),
  map: (items, make) => list(items).map((item, index) => (make as Predicate)(item, index)),
  find: (items, test) => list(items).find(holds(test)) ?? null,
  findIndex: (items, test) => list(items).findIndex(holds(test)),
  findLast: (items, test) => list(items).toReversed().find(holds(test)) ?? null,
  findLastIndex: (items, test) => list(items).findLastIndex(holds(test)),
  count: (items, test) => (test ? list(items).filter(holds(test)) : list(items).filter((item) => item === true)).length,
  sum: (items, of) =>
    numbers(of ? list(items).map((item, index) => (of as Predicate)(item, index)) : list(items)).reduce(
      (total, each) => total + each,
      0,
    ),
  groupBy: (items, of) => {
    const groups: Record<string, unknown[]> = {}
    for (const [index, item] of list(items).entries())
      (groups[String((of as Predicate)(item, index))] ??= []).push(item)
    return groups
  },
  first: (items) => list(items)[0] ?? null,
  last: (items) => list(items).at(-1) ?? null,
  take: (items, most) => list(items).slice(0, number(most)),
  reverse: (items) => list(items).toReversed(),
  uniq: (items) => [...new Set(list(items))],
  concat: (...lists) => lists.flatMap(list),
  flatten: (items) => list(items).flat(Infinity),
  sort: (items) => list(items).toSorted((a, b) => ((a as string) < (b as string) ? -1 : a === b ? 0 : 1)),
  keys: (value) => Object.keys(fields(value)),
  values: (value) => Object.values(fields(value)),
  get: (of, key) =>
    (Array.isArray(of) ? of[number(key)] : (of as Record<string, unknown> | null)?.[String(key)]) ?? null,
  trim: (value, set) => (set === undefined ? text(value).trim() : trimmed(text(value), text(set))),
  trimPrefix: (value, prefix) =>
    text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : value,
  trimSuffix: (value, suffix) =>
    text(suffix) !== '' && text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : value,
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  split: (value, by, most) =>
    most === undefined ? text(value).split(text(by)) : splitAtMost(text(value), text(by), number(most)),
  replace: (value, from, to) => text(value).replaceAll(text(from), () => text(to)),
  repeat: (value, times) => {
    if (text(value).length * number(times) > 1_000_000) throw new ExprError('memory budget exceeded')
    return text(value).repeat(number(times))
  },
  join: (items, by) =>
    list(items)
      .map(text)
      .join(by === undefined ? '' : text(by)),
  indexOf: (value, part) => text(value).indexOf(text(part)),
  lastIndexOf: (value, part) => text(value).lastIndexOf(text(part)),
  hasPrefix: (value, part) => text(value).startsWith(text(part)),
  hasSuffix: (value, part) => text(value).endsWith(text(part)),
  max: (...values) => Math.max(...numbers(values)),
  min: (...values) => Math.min(...numbers(values)),
  abs: (value) => Math.abs(number(value)),
  ceil: (value) => Math.ceil(number(value)),
  floor: (value) => Math.floor(number(value)),
  round: (value) => Math.round(number(value)),
  int: (value) => Math.trunc(number(value)),
  float: (value) => number(value),
  string: (value) => (typeof value === 'string' ? value : value === null ? '<nil>' : JSON.stringify(value)),
  type: (value) =>
    value === null ? 'nil' : Array.isArray(value) ? 'array' : typeof value === 'object' ? 'map' : typeOf(value),
  toJSON: (value) => JSON.stringify(value, undefined, 2),
  fromJSON: (value) => parsed(text(value)),
  toBase64: (value) => Buffer.from(text(value)).toString('base64'),
  fromBase64: (value) => Buffer.from(text(value), 'base64').toString(),
})

function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function trimmed(value: string, set: string): string {
  const chars = Array.from(value)
  while (chars.length > 0 && set.includes(chars[0] ?? '')) chars.shift()
  while (chars.length > 0 && set.includes(chars.at(-1) ?? '')) chars.pop()
  return chars.join('')
}

function splitAtMost(value: string, by: string, most: number): string[] {
  const parts = value.split(by)
  return most < 0 || parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(by)]
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch (error) {
    throw new ExprError(`invalid JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
