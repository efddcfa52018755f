import { fn, type Functions } from '../functions.ts'
import { quote } from '../printf.ts'
import { print, StringMap, typedList, type Value } from '../values.ts'
import { empty, text, texts } from './cast.ts'
import { byBytes } from '../../lang/order.ts'

const textList = (values: string[]): Value[] => typedList('[]string', values)
const runes = (value: string): string[] => Array.from(value)
const upperFirst = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1)
const title = (value: string): string =>
  value.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_all, gap: string, first: string) => gap + first.toUpperCase())
const outside = (chars: string): { start: RegExp; end: RegExp } => {
  const set = `[${chars.replace(/[\\\]^-]/g, '\\$&')}]+`
  return { start: new RegExp(`^${set}`, 'u'), end: new RegExp(`${set}$`, 'u') }
}
const trimAll = (chars: string, value: string): string => {
  if (chars === '') return value
  const { start, end } = outside(chars)
  return value.replace(start, '').replace(end, '')
}
const times = (count: bigint, value: string): string => {
  if (count < 0n) throw new Error('strings: negative Repeat count')
  if (Number(count) * value.length > 10_000_000) throw new Error('strings: Repeat output length overflow')
  return value.repeat(Number(count))
}
const words = (value: string): string[] =>
  value.split(/[^\p{L}\p{N}]+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u).filter((word) => word !== '')
const indent = (count: bigint, value: string): string =>
  times(count, ' ') + value.replaceAll('\n', `\n${times(count, ' ')}`)
const numbered = (parts: readonly string[]): Value =>
  StringMap.of(Object.fromEntries(parts.map((part, index) => [`_${index}`, part])))
const splitAll = (value: string, separator: string): string[] =>
  separator === '' ? runes(value) : value.split(separator)
const splitSome = (value: string, separator: string, most: bigint): string[] => {
  const count = Number(most)
  if (count < 0) return splitAll(value, separator)
  if (count === 0) return []
  const parts = splitAll(value, separator)
  return parts.length <= count ? parts : [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}
const bytes = (value: string, from: number, to: number): string => Buffer.from(value).subarray(from, to).toString()
const size = (value: string): number => Buffer.byteLength(value)

function wrap(width: number, value: string, newLine: string, long: boolean): string {
  const lines: string[] = []
  for (const paragraph of value.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      let rest = word
      if (line !== '' && line.length + 1 + rest.length > width) {
        lines.push(line)
        line = ''
      }
      while (long && rest.length > width) {
        lines.push(rest.slice(0, width))
        rest = rest.slice(width)
      }
      line = line === '' ? rest : `${line} ${rest}`
    }
    lines.push(line)
  }
  return lines.join(newLine)
}

function abbrev(width: number, value: string): string {
  if (width < 4 || value.length <= width) return value
  return `${value.slice(0, width - 3)}...`
}

function abbrevBoth(left: number, right: number, value: string): string {
  if (right < 4 || (left > 0 && right < 7)) return value
  if (value.length <= right) return value
  if (left <= 4) return abbrev(right, value)
  if (value.length - left <= right - 3) return `...${value.slice(value.length - (right - 3))}`
  return `...${abbrev(right - 3, value.slice(left))}`
}

/** Sprig's functions on text, and those that choose between values. */
export const strings: Functions = {
  hello: fn('', () => 'Hello!'),
  trim: fn('s', (value: string) => value.trim()),
  trimAll: fn('ss', trimAll),
  trimall: fn('ss', trimAll),
  trimSuffix: fn('ss', (suffix: string, value: string) =>
    suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value,
  ),
  trimPrefix: fn('ss', (prefix: string, value: string) =>
    value.startsWith(prefix) ? value.slice(prefix.length) : value,
  ),
  upper: fn('s', (value: string) => value.toUpperCase()),
  lower: fn('s', (value: string) => value.toLowerCase()),
  title: fn('s', title),
  untitle: fn('s', (value: string) =>
    value.replace(/(^|\s)(\p{L})/gu, (_all, gap: string, first: string) => gap + first.toLowerCase()),
  ),
  repeat: fn('is', times),
  substr: fn('iis', (start: bigint, end: bigint, value: string) => {
    const [from, to] = [Number(start), Number(end)]
    if (to >= 0 && to < from) throw new Error(`runtime error: slice bounds out of range [${from}:${to}]`)
    if (from < 0) return bytes(value, 0, to)
    if (to < 0 || to > size(value)) return bytes(value, from, size(value))
    return bytes(value, from, to)
  }),
  trunc: fn('is', (count: bigint, value: string) => {
    const length = Number(count)
    if (length < 0 && size(value) + length > 0) return bytes(value, size(value) + length, size(value))
    return length >= 0 && size(value) > length ? bytes(value, 0, length) : value
  }),
  abbrev: fn('is', (width: bigint, value: string) => abbrev(Number(width), value)),
  abbrevboth: fn('iis', (left: bigint, right: bigint, value: string) => abbrevBoth(Number(left), Number(right), value)),
  initials: fn('s', (value: string) =>
    value
      .split(/\s+/)
      .map((word) => word.charAt(0))
      .join(''),
  ),
  wrap: fn('is', (width: bigint, value: string) => wrap(Number(width), value, '\n', false)),
  wrapWith: fn('iss', (width: bigint, newLine: string, value: string) => wrap(Number(width), value, newLine, true)),
  contains: fn('ss', (part: string, value: string) => value.includes(part)),
  hasPrefix: fn('ss', (prefix: string, value: string) => value.startsWith(prefix)),
  hasSuffix: fn('ss', (suffix: string, value: string) => value.endsWith(suffix)),
  quote: fn('n*', (...values: Value[]) =>
    values
      .filter((each) => each !== null)
      .map((each) => quote(text(each)))
      .join(' '),
  ),
  squote: fn('n*', (...values: Value[]) =>
    values
      .filter((each) => each !== null)
      .map((each) => `'${print(each)}'`)
      .join(' '),
  ),
  cat: fn('n*', (...values: Value[]) =>
    values
      .filter((each) => each !== null)
      .map((each) => print(each))
      .join(' '),
  ),
  indent: fn('is', indent),
  nindent: fn('is', (count: bigint, value: string) => `\n${indent(count, value)}`),
  replace: fn('sss', (from: string, to: string, value: string) => value.replaceAll(from, () => to)),
  plural: fn('ssi', (one: string, many: string, count: bigint) => (count === 1n ? one : many)),
  snakecase: fn('s', (value: string) => words(value).join('_').toLowerCase()),
  camelcase: fn('s', (value: string) =>
    words(value)
      .map((word) => upperFirst(word.toLowerCase()))
      .join(''),
  ),
  kebabcase: fn('s', (value: string) => words(value).join('-').toLowerCase()),
  swapcase: fn('s', (value: string) =>
    runes(value)
      .map((char) => (char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase()))
      .join(''),
  ),
  nospace: fn('s', (value: string) => value.replace(/\s+/g, '')),
  toString: fn('n', text),
  toStrings: fn('n', (value: Value) => textList(texts(value))),
  join: fn('sn', (separator: string, value: Value) => texts(value).join(separator)),
  sortAlpha: fn('n', (value: Value) =>
    textList((value === null || value === undefined ? ['<nil>'] : texts(value)).toSorted(byBytes)),
  ),
  split: fn('ss', (separator: string, value: string) => numbered(splitAll(value, separator))),
  splitList: fn('ss', (separator: string, value: string) => textList(splitAll(value, separator))),
  splitn: fn('sis', (separator: string, most: bigint, value: string) => numbered(splitSome(value, separator, most))),
  default: fn('nn*', (fallback: Value, ...given: Value[]) =>
    given.length === 0 || empty(given[0]) ? fallback : given[0],
  ),
  empty: fn('n', empty),
  coalesce: fn('n*', (...values: Value[]) => values.find((each) => !empty(each)) ?? null),
  all: fn('n*', (...values: Value[]) => values.every((each) => !empty(each))),
  any: fn('n*', (...values: Value[]) => values.some((each) => !empty(each))),
  ternary: fn('nnb', (yes: Value, no: Value, test: boolean) => (test ? yes : no)),
  fail: fn('s', (message: string) => {
    throw new Error(message)
  }),
}
