import { fn, type Functions, type GoFunction } from '../functions.ts'
import { Int64, isMap, print, typedList, type Value } from '../values.ts'
import { empty, integer, kindOrPanic, list, same, wrongConversion } from './cast.ts'

const unique = (values: readonly Value[]): Value[] =>
  values.filter((each, index) => values.findIndex((other) => same(other, each)) === index)
const last = (values: readonly Value[]): Value => (values.length > 0 ? values.at(-1) : undefined)
const most = 100_000

function steps(start: number, end: number, step: number): Value[] {
  if (step === 0 || (end - start) / step > most) throw new Error('too many steps')
  const found: Value[] = []
  if (step > 0) for (let at = start; at < end; at += step) found.push(BigInt(at))
  else for (let at = start; at > end; at += step) found.push(BigInt(at))
  return found
}

function sequence(...given: bigint[]): string {
  const numbers = given.map(Number)
  const [a = 0, b = 0, c = 0] = numbers
  const up = (from: number, to: number): Value[] => steps(from, to + (to < from ? -1 : 1), to < from ? -1 : 1)
  if (numbers.length === 0) return ''
  if (numbers.length === 1) return up(1, a).join(' ')
  if (numbers.length === 2) return up(a, b).join(' ')
  if (numbers.length > 3 || b === 0 || (c - a) * b < 0) return ''
  return steps(a, c + (b < 0 ? -1 : 1), b).join(' ')
}

/** Go's slice expression with checked bounds. */
function slice(value: Value, ...bounds: Value[]): Value[] {
  if (!Array.isArray(value)) throw new Error(`list should be type of slice or array but ${kindOrPanic(value)}`)
  const items = value as Value[]
  const [from, to] = bounds.map((each) => Number(integer(each)))
  const end = to ?? items.length
  if ((from ?? 0) > end || end > items.length || (from ?? 0) < 0)
    throw new Error('reflect.Value.Slice: slice index out of bounds')
  return items.slice(from ?? 0, end)
}

function chunk(size: bigint, value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`Cannot chunk type ${kindOrPanic(value)}`)
  const items = value as Value[]
  const step = Number(size)
  if (step <= 0) throw new Error('runtime error: makeslice: len out of range')
  const found: Value[] = []
  for (let at = 0; at < items.length; at += step) found.push(items.slice(at, at + step))
  return found
}

function dig(...given: Value[]): Value {
  const of = given.at(-1)
  const fallback = given.at(-2)
  if (given.length < 3) throw new Error('dig needs at least three arguments')
  if (!isMap(of)) throw wrongConversion(of, 'map[string]interface {}')
  const path = given.slice(0, -2).map((key) => {
    if (typeof key !== 'string') throw wrongConversion(key, 'string')
    return key
  })
  let value: Value = of
  for (const [index, key] of path.entries()) {
    if (!isMap(value)) throw wrongConversion(value, 'map[string]interface {}')
    if (!Object.hasOwn(value, key)) return fallback
    value = value[key]
    if (index < path.length - 1 && value === null) throw wrongConversion(value, 'map[string]interface {}')
  }
  return value
}

function concatenated(value: Value): Value[] {
  if (Array.isArray(value)) return value as Value[]
  throw new Error(`Cannot concat type ${kindOrPanic(value)} as list`)
}

const plain: Functions = {
  first: fn('n', (value: Value) => list(value, 'find first')[0]),
  last: fn('n', (value: Value) => last(list(value, 'find last'))),
  rest: fn('n', (value: Value) => list(value, 'find rest').slice(1)),
  initial: fn('n', (value: Value) => list(value, 'find initial').slice(0, -1)),
  append: fn('nn', (value: Value, item: Value) => [...list(value, 'push'), item]),
  push: fn('nn', (value: Value, item: Value) => [...list(value, 'push'), item]),
  prepend: fn('nn', (value: Value, item: Value) => [item, ...list(value, 'prepend')]),
  reverse: fn('n', (value: Value) => list(value, 'find reverse').toReversed()),
  uniq: fn('n', (value: Value) => unique(list(value, 'find uniq'))),
  without: fn('nn*', (value: Value, ...gone: Value[]) =>
    list(value, 'find without').filter((each) => !gone.some((other) => same(each, other))),
  ),
  has: fn('nn', (item: Value, value: Value) =>
    value === null ? false : list(value, 'find has').some((each) => same(each, item)),
  ),
  compact: fn('n', (value: Value) => list(value, 'compact').filter((each) => !empty(each))),
  slice: fn('nn*', slice),
  chunk: fn('in', chunk),
}
const must = Object.entries(plain).map(
  ([name, one]) => [`must${name.charAt(0).toUpperCase()}${name.slice(1)}`, one] as [string, GoFunction],
)

/** Sprig's functions on lists. */
export const lists: Functions = {
  ...plain,
  ...Object.fromEntries(must),
  list: fn('n*', (...values: Value[]) => values),
  tuple: fn('n*', (...values: Value[]) => values),
  concat: fn('n*', (...values: Value[]) => values.flatMap((each) => concatenated(each))),
  until: fn('i', (count: bigint) => typedList('[]int', steps(0, Number(count), count < 0n ? -1 : 1))),
  untilStep: fn('iii', (start: bigint, end: bigint, step: bigint) => {
    if (step === 0n || (step > 0n && end < start) || (step < 0n && end > start)) return typedList('[]int', [])
    return typedList('[]int', steps(Number(start), Number(end), Number(step)))
  }),
  seq: fn('i*', sequence),
  dig: fn('n*', dig),
  toDecimal: fn(
    'n',
    (value: Value) => new Int64(/^[+-]?[0-7]+$/.test(print(value)) ? Number.parseInt(print(value), 8) : 0),
  ),
}
