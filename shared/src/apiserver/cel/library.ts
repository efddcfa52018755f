import {
  CelScalar,
  celFunc,
  celMethod,
  isCelList,
  isCelMap,
  listType,
  type CelFunc,
  type CelInput,
} from '@bufbuild/cel'
import { goRegexp } from '../../lang/go-regexp.ts'
import { addresses } from './addresses.ts'
import { formats } from './formats.ts'
import { formatQuantity, parseQuantity, quantityMessage, type Quantity } from '../validation/quantity.ts'
import { inOrder } from '../../lang/order.ts'

const { BOOL, BYTES, DOUBLE, DYN, INT, STRING } = CelScalar
const list = listType(DYN)

function items(value: unknown): unknown[] {
  if (!isCelList(value)) throw new Error('no such overload')
  return [...value]
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return inOrder(a, b)
  const [x, y] = [Number(a), Number(b)]
  if (Number.isNaN(x) || Number.isNaN(y)) throw new Error('no such overload')
  return x - y
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isCelList(a) && isCelList(b)) return a.size === b.size && [...a].every((item, index) => same(item, b.get(index)))
  if (isCelMap(a) && isCelMap(b))
    return a.size === b.size && [...a.entries()].every(([key, value]) => same(value, b.get(key)))
  return typeof a === typeof b && typeof a !== 'object' && a === b
}

function least(values: readonly unknown[], sign: number): unknown {
  if (values.length === 0) throw new Error(`${sign > 0 ? 'min' : 'max'} called on empty list`)
  return values.reduce((best, value) => (compare(value, best) * sign < 0 ? value : best))
}

function sum(values: readonly unknown[]): CelInput {
  if (values.every((value) => typeof value === 'bigint')) return values.reduce((total, value) => total + value, 0n)
  if (values.every((value) => typeof value === 'number')) return values.reduce((total, value) => total + value, 0)
  throw new Error('no such overload')
}

const lists: CelFunc[] = [
  celMethod('isSorted', list, [], BOOL, function isSorted(this: unknown) {
    const all = items(this)
    return all.every((item, index) => index === 0 || compare(all[index - 1], item) <= 0)
  }),
  celMethod('sum', list, [], DYN, function total(this: unknown) {
    return sum(items(this))
  }),
  celMethod('min', list, [], DYN, function min(this: unknown) {
    return least(items(this), 1) as CelInput
  }),
  celMethod('max', list, [], DYN, function max(this: unknown) {
    return least(items(this), -1) as CelInput
  }),
  celMethod('indexOf', list, [DYN], INT, function indexOf(this: unknown, wanted) {
    return BigInt(items(this).findIndex((item) => same(item, wanted)))
  }),
  celMethod('lastIndexOf', list, [DYN], INT, function lastIndexOf(this: unknown, wanted) {
    return BigInt(items(this).findLastIndex((item) => same(item, wanted)))
  }),
  celFunc('sets.contains', [list, list], BOOL, (a, b) =>
    items(b).every((item) => items(a).some((other) => same(item, other))),
  ),
  celFunc('sets.intersects', [list, list], BOOL, (a, b) =>
    items(b).some((item) => items(a).some((other) => same(item, other))),
  ),
  celFunc(
    'sets.equivalent',
    [list, list],
    BOOL,
    (a, b) =>
      items(b).every((item) => items(a).some((other) => same(item, other))) &&
      items(a).every((item) => items(b).some((other) => same(item, other))),
  ),
]

const texts: CelFunc[] = [
  // Whoever wrote the pattern, the time it takes grows with the text alone.
  celMethod('find', STRING, [STRING], STRING, function find(this: string, pattern) {
    for (const { text } of goRegexp(pattern).matches(this)) return text
    return ''
  }),
  celMethod('findAll', STRING, [STRING], list, function findAll(this: string, pattern) {
    return [...goRegexp(pattern).matches(this)].map(({ text }) => text)
  }),
  celMethod('findAll', STRING, [STRING, INT], list, function findSome(this: string, pattern, most) {
    const found = [...goRegexp(pattern).matches(this)].map(({ text }) => text)
    return most < 0n ? found : found.slice(0, Number(most))
  }),
  celMethod('reverse', STRING, [], STRING, function reverse(this: string) {
    return Array.from(this).reverse().join('')
  }),
  celFunc('jsonpatch.escapeKey', [STRING], STRING, (key) => key.replaceAll('~', '~0').replaceAll('/', '~1')),
  celFunc('base64.encode', [BYTES], STRING, (bytes) => Buffer.from(bytes).toString('base64')),
  celFunc('base64.decode', [STRING], BYTES, (encoded) => new Uint8Array(Buffer.from(encoded, 'base64'))),
]

const quantityKey = '@quantity'

function quantityOf(value: unknown): Quantity {
  const quantity = isCelMap(value) ? parseQuantity(value.get(quantityKey)) : undefined
  if (!quantity) throw new Error('no such overload')
  return quantity
}

const makeQuantity = (quantity: Quantity): CelInput => new Map([[quantityKey, formatQuantity(quantity)]])
const amount = (value: unknown): bigint => (typeof value === 'bigint' ? value * unit : quantityOf(value).nano)
const unit = 1_000_000_000n

const quantities: CelFunc[] = [
  celFunc('isQuantity', [STRING], BOOL, (text) => parseQuantity(text) !== undefined),
  celFunc('quantity', [STRING], DYN, (text) => {
    const quantity = parseQuantity(text)
    if (!quantity) throw new Error(quantityMessage)
    return makeQuantity(quantity)
  }),
  celMethod('isInteger', DYN, [], BOOL, function isInteger(this: unknown) {
    return quantityOf(this).nano % unit === 0n
  }),
  celMethod('asInteger', DYN, [], INT, function asInteger(this: unknown) {
    const { nano } = quantityOf(this)
    if (nano % unit !== 0n) throw new Error('cannot convert value to integer')
    return nano / unit
  }),
  celMethod('asApproximateFloat', DYN, [], DOUBLE, function asFloat(this: unknown) {
    return Number(quantityOf(this).nano) / Number(unit)
  }),
  celMethod('sign', DYN, [], INT, function sign(this: unknown) {
    const { nano } = quantityOf(this)
    return nano > 0n ? 1n : nano < 0n ? -1n : 0n
  }),
  celMethod('add', DYN, [DYN], DYN, function add(this: unknown, other) {
    const own = quantityOf(this)
    return makeQuantity({ ...own, nano: own.nano + amount(other) })
  }),
  celMethod('sub', DYN, [DYN], DYN, function sub(this: unknown, other) {
    const own = quantityOf(this)
    return makeQuantity({ ...own, nano: own.nano - amount(other) })
  }),
  celMethod('isLessThan', DYN, [DYN], BOOL, function isLessThan(this: unknown, other) {
    return quantityOf(this).nano < quantityOf(other).nano
  }),
  celMethod('isGreaterThan', DYN, [DYN], BOOL, function isGreaterThan(this: unknown, other) {
    return quantityOf(this).nano > quantityOf(other).nano
  }),
  celMethod('compareTo', DYN, [DYN], INT, function compareTo(this: unknown, other) {
    const difference = quantityOf(this).nano - quantityOf(other).nano
    return difference > 0n ? 1n : difference < 0n ? -1n : 0n
  }),
]

const urlKey = '@url'

function urlOf(value: unknown): URL {
  const text = isCelMap(value) ? value.get(urlKey) : undefined
  if (typeof text !== 'string') throw new Error('no such overload')
  return new URL(text)
}

function readUrl(text: string): URL | undefined {
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]/.test(text)
  if (!absolute && !text.startsWith('/')) return undefined
  try {
    return new URL(text, 'none://none')
  } catch {
    return undefined
  }
}

const part = (name: string, read: (url: URL) => string): CelFunc =>
  celMethod(name, DYN, [], STRING, function get(this: unknown) {
    return read(urlOf(this))
  })
const isNone = (url: URL): boolean => url.protocol === 'none:'

const urls: CelFunc[] = [
  celFunc('isURL', [STRING], BOOL, (text) => readUrl(text) !== undefined),
  celFunc('url', [STRING], DYN, (text) => {
    const url = readUrl(text)
    if (!url)
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      )
    return new Map([[urlKey, url.href]])
  }),
  part('getScheme', (url) => (isNone(url) ? '' : url.protocol.slice(0, -1))),
  part('getHost', (url) => (isNone(url) ? '' : url.host)),
  part('getHostname', (url) => (isNone(url) ? '' : url.hostname.replace(/^\[|\]$/g, ''))),
  part('getPort', (url) => url.port),
  part('getEscapedPath', (url) => url.pathname),
]

/** What Kubernetes adds to CEL's standard functions. */
export const kubernetesFunctions: CelFunc[] = [...lists, ...texts, ...quantities, ...urls, ...addresses, ...formats]
