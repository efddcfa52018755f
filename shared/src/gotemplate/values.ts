import { byBytes } from '../lang/order.ts'

/**
 * Values as Go's templates know them: text, bool, null; `int` is a bigint, `int64` an `Int64`, `float64` a number (as every
 * number of JSON is); lists are arrays, maps plain objects, anything else an `Opaque`. `undefined` is a value that is missing.
 */
export type Value = unknown

/** Go's int64, which is no int: functions that want the one refuse the other. */
export class Int64 {
  readonly value: bigint

  constructor(value: bigint | number) {
    this.value = BigInt.asIntN(64, BigInt(value))
  }
}

/** A value with fields and a printed form of its own: a version, a time. */
export interface Opaque {
  readonly goType: string
  field(name: string): Value
  toString(): string
}

export type GoMap = Record<string, Value>

/** Go's map[string]string: `index` gives an empty text for a key that is not there. */
export class StringMap {
  [key: string]: string

  static of(entries: Readonly<Record<string, string>>): StringMap {
    return Object.assign(new StringMap(), entries)
  }
}

export const isMap = (value: Value): value is GoMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Int64) && !isOpaque(value)

export const isOpaque = (value: Value): value is Opaque =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Opaque>).goType === 'string' &&
  'field' in value

export const isInteger = (value: Value): value is bigint | Int64 => typeof value === 'bigint' || value instanceof Int64

export const integerOf = (value: bigint | Int64): bigint => (typeof value === 'bigint' ? value : value.value)

/** Lists of one type, by their names in Go; all others are of anything. */
const elementTypes = new WeakMap<object, string>()

/** A list that Go has as one of a certain type: it prints no differently, but its type has another name. */
export function typedList(goType: string, items: Value[]): Value[] {
  elementTypes.set(items, goType)
  return items
}

/** Go's name of a value's type. */
export function typeOf(value: Value): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (value instanceof Int64) return 'int64'
  if (typeof value === 'number') return 'float64'
  if (Array.isArray(value)) return elementTypes.get(value) ?? '[]interface {}'
  if (value instanceof StringMap) return 'map[string]string'
  return isOpaque(value) ? value.goType : 'map[string]interface {}'
}

/** Go's name of its kind. */
export function kindOf(value: Value): string {
  if (value === null || value === undefined) return 'invalid'
  if (Array.isArray(value)) return 'slice'
  if (isMap(value)) return 'map'
  return isOpaque(value) ? (value.goType.startsWith('*') ? 'ptr' : 'struct') : typeOf(value)
}

/** Whether `if` takes it for true. */
export function truth(value: Value): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return false
  if (isInteger(value)) return integerOf(value) !== 0n
  if (Array.isArray(value)) return value.length > 0
  return isMap(value) ? Object.keys(value).length > 0 : true
}

/** A value as `%v` prints it. */
export function print(value: Value): string {
  if (value === undefined) return '<no value>'
  if (value === null) return '<nil>'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return printFloat(value)
  if (isInteger(value)) return integerOf(value).toString()
  if (Array.isArray(value)) return `[${value.map((each) => print(each ?? null)).join(' ')}]`
  if (isMap(value)) {
    const rows = Object.keys(value).toSorted(byBytes)
    return `map[${rows.map((key) => `${key}:${print(value[key] ?? null)}`).join(' ')}]`
  }
  return String(value as boolean | Opaque)
}

/** `%g` with as many digits as it takes, with an exponent where it is below -4 or above 5. */
export function printFloat(value: number, threshold = 6): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value !== 0 && (power < -4 || power >= threshold)) {
    const digits = String(Math.abs(power)).padStart(2, '0')
    return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`
  }
  return plain(value)
}

/** No exponent. */
export function plain(value: number): string {
  const text = String(value)
  if (!/e/i.test(text)) return text
  return BigInt(Math.trunc(value)) !== 0n ? BigInt(value).toString() : value.toFixed(20).replace(/0+$/, '')
}

/** JSON with keys in order and, as Go has it, `<`, `>` and `&` escaped unless told otherwise. */
export function toJson(value: Value, options: { readonly escape?: boolean; readonly indent?: string } = {}): string {
  const text = JSON.stringify(jsonReady(value), null, options.indent ?? '')
  if (options.escape === false) return text
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function jsonReady(value: Value): unknown {
  if (value === undefined) return null
  if (isInteger(value)) return Number(integerOf(value))
  if (Array.isArray(value)) return value.map(jsonReady)
  if (isMap(value)) {
    const keys = Object.keys(value).toSorted(byBytes)
    return Object.fromEntries(keys.map((key) => [key, jsonReady(value[key])]))
  }
  return isOpaque(value) ? value.toString() : value
}
