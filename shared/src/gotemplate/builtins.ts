import { fn, type Functions } from './functions.ts'
import { sprintf } from './printf.ts'
import { integerOf, isInteger, isMap, isOpaque, print, truth, typeOf, type Value, StringMap } from './values.ts'
import { byBytes, inOrder } from '../lang/order.ts'

/** What Go's templates bring themselves. */
export const builtins: Functions = {
  not: fn('n', (value: Value) => !truth(value)),
  len: fn('v', (value: Value) => {
    if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
    if (Array.isArray(value)) return BigInt(value.length)
    if (isMap(value)) return BigInt(Object.keys(value).length)
    if (value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value')
    throw new Error(value === null ? 'len of nil pointer' : `len of type ${typeOf(value)}`)
  }),
  index: fn('nn*', (of: Value, ...keys: Value[]) => keys.reduce((item, key, at) => indexed(item, key, at === 0), of)),
  print: fn('n*', (...values: Value[]) => spaced(values)),
  println: fn('n*', (...values: Value[]) => `${values.map(printed).join(' ')}\n`),
  printf: fn('sn*', (format: string, ...values: Value[]) => sprintf(format, values)),
  html: fn('n*', (...values: Value[]) => escapeHtml(spaced(values.map(printable)))),
  js: fn('n*', (...values: Value[]) => escapeJs(spaced(values.map(printable)))),
  urlquery: fn('n*', (...values: Value[]) => queryEscape(spaced(values.map(printable)))),
  eq: fn('nn*', (a: Value, ...others: Value[]) => {
    if (others.length === 0) throw new Error('missing argument for comparison')
    return others.some((b) => equal(a, b))
  }),
  ne: fn('nn', (a: Value, b: Value) => !equal(a, b)),
  lt: fn('nn', (a: Value, b: Value) => compare(a, b) < 0),
  le: fn('nn', (a: Value, b: Value) => compare(a, b) <= 0),
  gt: fn('nn', (a: Value, b: Value) => compare(a, b) > 0),
  ge: fn('nn', (a: Value, b: Value) => compare(a, b) >= 0),
  call: fn('nn*', (callee: Value) => {
    throw new Error(callee === null ? 'call of nil' : `non-function of type ${typeOf(callee)}`)
  }),
}

/** Those that escape print nil as templates do. */
function printable(value: Value): Value {
  return value ?? '<no value>'
}

function printed(value: Value): string {
  return print(value ?? null)
}

/** As `Sprint` does: a blank between two neighbours of which neither is a string. */
function spaced(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const gap = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string'
      return `${gap ? ' ' : ''}${printed(value)}`
    })
    .join('')
}

function indexed(of: Value, key: Value, first: boolean): Value {
  if (of === null || of === undefined) throw new Error(first ? 'index of untyped nil' : 'index of nil pointer')
  if (typeof of === 'string' || Array.isArray(of)) {
    if (!isInteger(key))
      throw new Error(`cannot index slice/array with ${key === null ? 'nil' : `type ${typeOf(key)}`}`)
    const at = Number(integerOf(key))
    const length = typeof of === 'string' ? Buffer.byteLength(of) : of.length
    if (at < 0 || at > length) throw new Error(`index out of range: ${at}`)
    if (at === length) throw new Error(`reflect: ${typeof of === 'string' ? 'string' : 'slice'} index out of range`)
    return typeof of === 'string' ? BigInt(Buffer.from(of)[at] ?? 0) : (of[at] as Value)
  }
  if (!isMap(of)) throw new Error(`can't index item of type ${typeOf(of)}`)
  if (typeof key !== 'string') throw new Error(`value has type ${typeOf(key)}; should be string`)
  if (Object.hasOwn(of, key)) return of[key]
  return of instanceof StringMap ? '' : undefined
}

type Basic = 'bool' | 'int' | 'float' | 'string'

function basic(value: Value): Basic {
  if (typeof value === 'boolean') return 'bool'
  if (isInteger(value)) return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'string'
  throw new Error('invalid type for comparison')
}

function equal(a: Value, b: Value): boolean {
  if (a === null || a === undefined || b === null || b === undefined) {
    const other = a ?? b
    if (Array.isArray(other) || isMap(other)) return false
    return (a ?? null) === (b ?? null)
  }
  for (const value of [a, b]) {
    if (!Array.isArray(value) && !isMap(value)) continue
    if (typeOf(a) !== typeOf(b)) throw incompatible(a, b)
    throw new Error(`non-comparable type ${sprintf('%s', [a])}: ${typeOf(value)}`)
  }
  if (isOpaque(a) || isOpaque(b)) return a === b
  if (basic(a) !== basic(b)) throw incompatible(a, b)
  return isInteger(a) && isInteger(b) ? integerOf(a) === integerOf(b) : a === b
}

function incompatible(a: Value, b: Value): Error {
  return new Error(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`)
}

function compare(a: Value, b: Value): number {
  const kind = basic(a)
  if (kind !== basic(b)) throw incompatible(a, b)
  if (kind === 'bool') throw new Error('invalid type for comparison')
  if (isInteger(a) && isInteger(b)) return inOrder(integerOf(a), integerOf(b))
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return byBytes(a as string, b as string)
}

function escapeHtml(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '"': '&#34;',
    "'": '&#39;',
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '\0': '\uFFFD',
  }
  return text.replace(/["'&<>\0]/g, (char) => named[char] ?? char)
}

function escapeJs(text: string): string {
  const hex = (char: string): string => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  const one = (char: string): string => {
    if (/[\\'"]/.test(char)) return `\\${char}`
    return char < ' ' || /[<>&=]/.test(char) ? hex(char) : char
  }
  return Array.from(text, one).join('')
}

/** As Go's `url.QueryEscape`. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
