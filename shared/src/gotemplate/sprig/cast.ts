import { integerOf, isInteger, isMap, isOpaque, kindOf, print, toJson, typeOf, type Value } from '../values.ts'

/** A value as text, as sprig's `toString` has it. */
export function text(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return '<nil>'
  return isMap(value) || Array.isArray(value) || isOpaque(value) ? print(value) : print(value)
}

/** Elements as texts; what is nil is left out. */
export function texts(value: Value): string[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) return [text(value)]
  return value.flatMap((each: Value) => (each === null || each === undefined ? [] : [text(each)]))
}

/** As the cast library turns anything into a float: what is no number is nought. */
export function float(value: Value): number {
  if (typeof value === 'number') return value
  if (isInteger(value)) return Number(integerOf(value))
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return 0
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value.trim()) ? Number(value) : 0
}

/** As the cast library turns anything into an integer. */
export function integer(value: Value): bigint {
  if (isInteger(value)) return integerOf(value)
  if (typeof value === 'number') {
    // What does not fit turns into the least there is.
    const fits = Number.isFinite(value) && Math.abs(value) < 2 ** 63
    return fits ? BigInt(Math.trunc(value)) : -(1n << 63n)
  }
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value !== 'string') return 0n
  const digits = /^([+-]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|\d+)(\.0*)?$/.exec(value)
  if (!digits) return 0n
  const body = digits[2] ?? '0'
  const whole = BigInt(/^0[0-7]+$/.test(body) ? `0o${body.slice(1)}` : body)
  const signed = digits[1] === '-' ? -whole : whole
  return BigInt.asIntN(64, signed) === signed ? signed : 0n
}

/** A list; what is none is an error, as where Go's reflection finds another kind. */
export function list(value: Value, doing: string): Value[] {
  if (Array.isArray(value)) return value as Value[]
  throw new Error(`Cannot ${doing} on type ${kindOrPanic(value)}`)
}

/** The kind of a value that is none of those wanted; nil has none, on which Go panics. */
export function kindOrPanic(value: Value): string {
  if (value === null || value === undefined) {
    throw new Error('runtime error: invalid memory address or nil pointer dereference')
  }
  return kindOf(value)
}

/** Go's complaint about a value that is not of the type it is taken for. */
export function wrongConversion(value: Value, wanted: string): Error {
  const given = value === null || value === undefined ? 'nil' : typeOf(value)
  return new Error(`interface conversion: interface {} is ${given}, not ${wanted}`)
}

/** Whether `default` would put something else in its place. */
export function empty(value: Value): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return true
  if (isInteger(value)) return integerOf(value) === 0n
  if (Array.isArray(value)) return value.length === 0
  return isMap(value) && Object.keys(value).length === 0
}

export function same(a: Value, b: Value): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b
  if (isInteger(a) || isInteger(b)) {
    return isInteger(a) && isInteger(b) && typeof a === typeof b && integerOf(a) === integerOf(b)
  }
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  return toJson(a) === toJson(b)
}
