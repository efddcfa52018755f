import { keptBy } from '../../lang/kept-by.ts'
import { formatQuantity, parseQuantity, quantityComplaint } from '../validation/quantity.ts'
import { canonicalMicroTime, canonicalTime, microTimeComplaint, timeComplaint } from './time.ts'
import type { Field, ScalarType, StructType, Type } from './types.ts'

/** JSON that does not fit its type, in the words of Go's decoder. */
export class DecodeError extends Error {
  /** What stood there and what was wanted, in Go's words, where a value is of another kind than its type. */
  readonly got: string | undefined
  readonly wanted: string | undefined
  constructor(message: string, got?: string, wanted?: string) {
    super(message)
    this.got = got
    this.wanted = wanted
  }
}

export interface Decoded<T> {
  readonly value: T
  /** Paths of fields that the type does not know, in order: `spec.containers[0].foo`. */
  readonly unknown: readonly string[]
}

/** Where a value stands. Nearly nobody asks, so texts are made when somebody does. */
class Place {
  readonly #up: Place | undefined
  readonly #type: string
  readonly #step: string | number
  readonly #field: string | undefined

  /** `type` of the struct around; `field` as Go's messages call it, where the step is one. */
  constructor(up: Place | undefined, type: string, step: string | number, field: string | undefined) {
    this.#up = up
    this.#type = type
    this.#step = step
    this.#field = field
  }

  /** A place within: an item, or the value of a key. */
  at(step: string | number): Place {
    return new Place(this, this.#type, step, undefined)
  }

  /** With indices, for unknown fields. */
  get path(): string {
    if (!this.#up) return ''
    const above = this.#up.path
    return typeof this.#step === 'number' ? `${above}[${this.#step}]` : join(above, this.#step)
  }

  /** Without, for Go's messages. */
  get fields(): string {
    const above = this.#up?.fields ?? ''
    return this.#field === undefined ? above : join(above, this.#field)
  }

  get struct(): string {
    return short(this.#type) || (this.#up?.struct ?? '')
  }
}

const root = (type: string): Place => new Place(undefined, type, '', undefined)
const short = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

type Json = Record<string, unknown>
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads JSON as a built-in type does: unknown fields go, zero values go or come as Go's encoder would have them. */
export function decodeBuiltin(type: StructType, value: Json): Decoded<Json> {
  const unknown: string[] = []
  const decoded = struct(type, value, root(type.name), unknown, true)
  return { value: decoded, unknown }
}

function struct(type: StructType, value: Json, place: Place, unknown: string[], complete: boolean): Json {
  const result: Json = {}
  for (const name in value) {
    const field = type.fields.get(name)
    if (!field) {
      if (type.rest) result[name] = value[name]
      else unknown.push(join(place.path, name))
      continue
    }
    const called = field.embedded === undefined ? name : `${field.embedded}.${name}`
    const decoded = fieldValue(field, value[name], new Place(place, type.name, name, called), unknown)
    if (decoded !== undefined) result[name] = decoded
  }
  if (complete) for (const [name, field] of filledIn(type)) if (!(name in result)) fill(result, name, field)
  return result
}

function fieldValue(field: Field, value: unknown, place: Place, unknown: string[]): unknown {
  if (value === null || value === undefined) return undefined
  const decoded = decode(field.type, value, place, unknown)
  return field.zero === 'omit' && isZero(decoded) ? undefined : decoded
}

/** A struct of that type as Go makes it: zero values where they are always written, no defaults. */
export function blankBuiltin(type: StructType): Json {
  const result: Json = {}
  for (const [name, { type: inner, absent, default: value }] of type.fields) {
    if (inner.form === 'struct' && isRecord(value)) result[name] = blankBuiltin(inner)
    else if (absent === 'null') result[name] = null
    else if (absent === 'zero') result[name] = isZero(value) ? (value ?? zeroOf(inner)) : zeroOf(inner)
  }
  return result
}

/** The fields that Go's encoder writes though the input left them out. */
const filledIn = keptBy((type: StructType) =>
  [...type.fields].filter(([, { default: value, type: inner, absent, zero }]) => {
    if (value === undefined) return absent === 'null'
    return inner.form === 'struct' && isRecord(value) ? zero === 'keep' : absent === 'zero' || !isZero(value)
  }),
)

function fill(target: Json, name: string, { default: value, type }: Field): void {
  if (value === undefined) target[name] = null
  else target[name] = type.form === 'struct' && isRecord(value) ? struct(type, value, root(''), [], true) : value
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}

function decode(type: Type, value: unknown, place: Place, unknown: string[]): unknown {
  switch (type.form) {
    case 'any':
      return value
    case 'scalar':
      return scalar(type, value, place)
    case 'struct':
      if (!isRecord(value)) throw mismatch(value, place, goName(type))
      return struct(type, value, place, unknown, true)
    case 'map': {
      if (!isRecord(value)) throw mismatch(value, place, goName(type))
      const result: Json = {}
      for (const key in value) {
        const item = value[key]
        result[key] = item === null ? zeroOf(type.element) : decode(type.element, item, place.at(key), unknown)
      }
      return result
    }
    case 'list':
      if (!Array.isArray(value)) throw mismatch(value, place, goName(type))
      return value.map((item, index) =>
        item === null ? zeroOf(type.element) : decode(type.element, item, place.at(index), unknown),
      )
  }
}

function zeroOf(type: Type): unknown {
  if (type.form === 'struct') return struct(type, {}, root(''), [], true)
  if (type.form === 'scalar' && type.name.endsWith('.Quantity')) return '0'
  if (type.form === 'scalar') return { string: '', integer: 0, number: 0, boolean: false, any: null }[type.scalar]
  return null
}

function scalar(type: ScalarType, value: unknown, place: Place): unknown {
  if (type.name !== '') {
    const name = short(type.name)
    if (name === 'Quantity') return quantity(value)
    if (name === 'IntOrString') return intOrString(value, place)
    if (name === 'Time') return time(value, place, timeComplaint, canonicalTime)
    if (name === 'MicroTime') return time(value, place, microTimeComplaint, canonicalMicroTime)
  }
  switch (type.scalar) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, place, goName(type))
      if (type.format === 'byte') checkBase64(value)
      return value
    case 'integer':
      if (typeof value !== 'number') throw mismatch(value, place, goName(type))
      if (!Number.isInteger(value) || (type.format === 'int32' && !fits32(value)))
        throw mismatch(value, place, goName(type), ` ${value}`)
      return value
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, place, 'float64')
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, place, 'bool')
      return value
    case 'any':
      return value
  }
}

const fits32 = (value: number): boolean => value >= -2_147_483_648 && value <= 2_147_483_647

function quantity(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : String(value)
  const read = parseQuantity(text)
  if (read === undefined) throw new DecodeError(quantityComplaint(text))
  return formatQuantity(read)
}

function intOrString(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return value
  if (typeof value !== 'number') throw mismatch(value, place, 'string')
  if (!Number.isInteger(value) || !fits32(value)) throw mismatch(value, place, 'int32', ` ${value}`)
  return value
}

function time(
  value: unknown,
  place: Place,
  complain: (text: string) => string | undefined,
  canonical: (text: string) => string,
): string {
  if (typeof value !== 'string') throw mismatch(value, place, 'string')
  const problem = complain(value)
  if (problem !== undefined) throw new DecodeError(problem)
  return canonical(value)
}

/** Go's decoder says at which byte padded base64 goes wrong. */
function checkBase64(text: string): void {
  const clean = text.replace(/[\r\n]/g, '')
  const bad = clean.search(/[^A-Za-z0-9+/=]/)
  const padding = clean.indexOf('=')
  const at = bad >= 0 && (padding < 0 || bad < padding) ? bad : badPadding(clean, padding)
  if (at >= 0) throw new DecodeError(`illegal base64 data at input byte ${at}`)
}

function badPadding(text: string, padding: number): number {
  if (padding < 0) return text.length % 4 === 0 ? -1 : text.length - (text.length % 4)
  if (padding % 4 < 2) return padding
  const length = Math.ceil(padding / 4) * 4
  if (text.length < length) return text.length
  if (text.slice(padding, length) !== '='.repeat(length - padding)) return padding + 1
  return text.length > length ? length : -1
}

/** What Go calls a value of JSON. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function mismatch(value: unknown, place: Place, expected: string, literal = ''): DecodeError {
  const got = jsonKind(value)
  const where = place.fields === '' ? 'Go value' : `Go struct field ${place.struct}.${place.fields}`
  return new DecodeError(`json: cannot unmarshal ${got}${literal} into ${where} of type ${expected}`, got, expected)
}

/** The name of a type as Go's decoder prints it. */
export function goName(type: Type): string {
  switch (type.form) {
    case 'any':
      return 'map[string]interface {}'
    case 'list':
      return `[]${goName(type.element)}`
    case 'map':
      return type.goName ?? `map[string]${goName(type.element)}`
    case 'struct':
      return type.name.split('.').slice(-2).join('.')
    case 'scalar':
      if (type.goName !== undefined) return type.goName
      if (type.name !== '') return type.name.split('.').slice(-2).join('.')
      if (type.scalar === 'integer') return type.format === 'int32' ? 'int32' : 'int64'
      return {
        string: type.format === 'byte' ? '[]uint8' : 'string',
        number: 'float64',
        boolean: 'bool',
        any: 'interface {}',
      }[type.scalar]
  }
}
