import type { KubeObject } from '../../k8s/object.ts'
import { keptBy } from '../../lang/kept-by.ts'
import { encodeScalar, NotOfType } from './scalars.ts'
import { schemeType, type SchemeField, type SchemeType, type StructType } from './types.ts'

/**
 * The object as a Go client would write it after reading it: quantities in their one form, empty values left out. An
 * object with a field that its type lacks, or with a value of a wrong type, stays as it is, so that the mistake shows.
 */
export function remarshal(object: KubeObject): KubeObject {
  const type = schemeType(object.apiVersion, object.kind)
  return (type ? (encoded(object, type) as KubeObject | undefined) : undefined) ?? object
}

export interface EncodeOptions {
  /** All is copied, to be changed in place; else what need not change is not. */
  readonly fresh?: boolean
  /** Fields that the type lacks are left out; else they are a mistake. */
  readonly lenient?: boolean
  /** What Go always writes is there, also where nobody said it. */
  readonly complete?: boolean
}

/** A value written as its type writes it; undefined where it is not of that type. */
export function encoded(value: unknown, type: SchemeType, options: EncodeOptions = {}): unknown {
  try {
    return encode(value, type, options)
  } catch (error) {
    if (error instanceof NotOfType) return undefined
    throw error
  }
}

function encode(value: unknown, type: SchemeType, options: EncodeOptions): unknown {
  switch (type.form) {
    case 'struct':
      return encodeStruct(value, type, options)
    case 'list':
      return value === null ? null : encodeList(value, type.of, options)
    case 'map':
      return value === null ? null : encodeMap(fieldsOf(value), type.of, options)
    default:
      return encodeScalar(value, type.scalar)
  }
}

function encodeList(value: unknown, type: SchemeType, options: EncodeOptions): unknown[] {
  if (!Array.isArray(value)) throw new NotOfType('list')
  let result: unknown[] | undefined = options.fresh ? [...(value as unknown[])] : undefined
  for (let index = 0; index < value.length; index++) {
    const written = encode(value[index], type, options)
    if (written === value[index]) continue
    result ??= [...(value as unknown[])]
    result[index] = written
  }
  return result ?? value
}

function encodeMap(fields: Fields, type: SchemeType, options: EncodeOptions): Fields {
  let result: Fields | undefined = options.fresh ? {} : undefined
  for (const key in fields) {
    const item = fields[key]
    const written = encode(item, type, options)
    if (written !== item) result ??= fieldsBefore(fields, key)
    if (result) result[key] = written
  }
  return result ?? fields
}

function encodeStruct(value: unknown, type: StructType, options: EncodeOptions): Fields {
  // A struct that is null is written with all that it always has.
  if (value === null) return withUnsaid({}, type, { ...options, complete: true })
  const fields = fieldsOf(value)
  let result: Fields | undefined = options.fresh ? {} : undefined
  for (const key in fields) {
    const item = fields[key]
    const field = type.fields.get(key)
    if (!field) {
      result ??= fieldsBefore(fields, key)
      readUnknown(result, { key, item, fields }, type, options)
      continue
    }
    const none = item === null && (field.pointer || field.type.form === 'list' || field.type.form === 'map')
    const written = none ? null : encode(item, field.type, options)
    const kept = field.always || !(none || isLeftOut(written, field))
    if (!kept || written !== item) result ??= fieldsBefore(fields, key)
    if (kept && result) result[key] = written
  }
  return options.complete ? withUnsaid(result ?? fields, type, options) : (result ?? fields)
}

/** Go reads a field in whatever letters it is written, and writes it in its own. */
function readUnknown(
  result: Fields,
  { key, item, fields }: { readonly key: string; readonly item: unknown; readonly fields: Fields },
  type: StructType,
  options: EncodeOptions,
): void {
  const small = key.toLowerCase()
  const name = [...type.fields.keys()].find((each) => each.toLowerCase() === small)
  const field = name === undefined ? undefined : type.fields.get(name)
  if (name === undefined || !field) {
    if (!options.lenient) throw new NotOfType(`${type.name}.${key}`)
    return
  }
  const written = encode(item, field.type, options)
  // What was not there under that name is left out where an object is to keep its shape.
  if (options.lenient && !(name in fields)) result[name] = written
}

/** Adds what Go writes of a struct whether it was said or not. */
function withUnsaid(fields: Fields, type: StructType, options: EncodeOptions): Fields {
  let result = fields
  for (const [key, field] of unsaidOf(type)) {
    if (key in fields) continue
    if (result === fields) result = { ...fields }
    const listed = field.type.form === 'list' || field.type.form === 'map'
    result[key] = listed ? null : encode(null, field.type, options)
  }
  return result
}

/** The fields that Go writes in any case. */
const unsaidOf = keptBy((type: StructType) =>
  [...type.fields].filter(([, field]) => !field.pointer && (field.always || isStruct(field.type))),
)

/** Go leaves no struct out because it is empty; some are scalars in JSON. */
function isStruct({ form, ...type }: SchemeType): boolean {
  return form === 'struct' || ('scalar' in type && structs.has(type.scalar))
}

const structs: ReadonlySet<string> = new Set(['quantity', 'intOrString'])

type Fields = Record<string, unknown>

/** A copy of the fields that come before one of them. */
function fieldsBefore(fields: Fields, end: string): Fields {
  const result: Fields = {}
  for (const key in fields) {
    if (key === end) break
    result[key] = fields[key]
  }
  return result
}

/** What `omitempty` leaves out: structs never, pointers only when they are nil. */
export function isLeftOut(value: unknown, field: SchemeField): boolean {
  if (value === null) return true
  if (field.pointer || field.type.form === 'struct') return false
  if (Array.isArray(value)) return value.length === 0
  if (field.type.form === 'map') return isEmpty(value as object)
  return field.type.form === 'scalar' && isZero(value, field.type.scalar)
}

function isZero(value: unknown, scalar: string): boolean {
  if (scalar === 'quantity' || scalar === 'intOrString' || scalar === 'duration' || scalar === 'raw') return false
  return value === '' || value === 0 || value === false
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotOfType('object')
  return value as Record<string, unknown>
}
