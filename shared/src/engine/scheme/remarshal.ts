import type { KubeObject } from '../../k8s/object.ts'
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

/**
 * A value written as its type writes it; undefined where it is not of that type. What need not change is not copied,
 * unless all is to be `fresh`, to be changed in place.
 */
export function encoded(value: unknown, type: SchemeType, fresh = false): unknown {
  try {
    return encode(value, type, fresh)
  } catch (error) {
    if (error instanceof NotOfType) return undefined
    throw error
  }
}

function encode(value: unknown, type: SchemeType, fresh: boolean): unknown {
  switch (type.form) {
    case 'struct':
      return encodeStruct(value, type, fresh)
    case 'list':
      return value === null ? null : encodeList(value, type.of, fresh)
    case 'map':
      return value === null ? null : encodeMap(fieldsOf(value), type.of, fresh)
    default:
      return encodeScalar(value, type.scalar)
  }
}

function encodeList(value: unknown, type: SchemeType, fresh: boolean): unknown[] {
  if (!Array.isArray(value)) throw new NotOfType('list')
  let result: unknown[] | undefined = fresh ? [...(value as unknown[])] : undefined
  for (let index = 0; index < value.length; index++) {
    const written = encode(value[index], type, fresh)
    if (written === value[index]) continue
    result ??= [...(value as unknown[])]
    result[index] = written
  }
  return result ?? value
}

function encodeMap(fields: Fields, type: SchemeType, fresh: boolean): Fields {
  let result: Fields | undefined = fresh ? {} : undefined
  for (const key in fields) {
    const item = fields[key]
    const written = encode(item, type, fresh)
    if (written !== item) result ??= fieldsBefore(fields, key)
    if (result) result[key] = written
  }
  return result ?? fields
}

function encodeStruct(value: unknown, type: StructType, fresh: boolean): Fields {
  if (value === null) return {}
  const fields = fieldsOf(value)
  let result: Fields | undefined = fresh ? {} : undefined
  for (const key in fields) {
    const item = fields[key]
    const field = type.fields.get(key)
    if (!field) throw new NotOfType(`${type.name}.${key}`)
    const none = item === null && (field.pointer || field.type.form === 'list' || field.type.form === 'map')
    const written = none ? null : encode(item, field.type, fresh)
    const kept = field.always || !(none || isLeftOut(written, field))
    if (!kept || written !== item) result ??= fieldsBefore(fields, key)
    if (kept && result) result[key] = written
  }
  return result ?? fields
}

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
