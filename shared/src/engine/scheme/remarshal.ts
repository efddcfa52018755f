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

/** A value written as its type writes it; undefined where it is not of that type. */
export function encoded(value: unknown, type: SchemeType): unknown {
  try {
    return encode(value, type)
  } catch (error) {
    if (error instanceof NotOfType) return undefined
    throw error
  }
}

function encode(value: unknown, type: SchemeType): unknown {
  switch (type.form) {
    case 'struct':
      return encodeStruct(value, type)
    case 'list':
      if (value === null) return null
      if (!Array.isArray(value)) throw new NotOfType(type.form)
      return value.map((item) => encode(item, type.of))
    case 'map': {
      if (value === null) return null
      const result: Record<string, unknown> = {}
      for (const [key, item] of Object.entries(fieldsOf(value))) result[key] = encode(item, type.of)
      return result
    }
    default:
      return encodeScalar(value, type.scalar)
  }
}

function encodeStruct(value: unknown, type: StructType): unknown {
  const result: Record<string, unknown> = {}
  if (value === null) return result
  for (const [key, item] of Object.entries(fieldsOf(value))) {
    const field = type.fields.get(key)
    if (!field) throw new NotOfType(`${type.name}.${key}`)
    if (item === null && (field.pointer || field.type.form === 'list' || field.type.form === 'map')) {
      if (field.always) result[key] = null
      continue
    }
    const written = encode(item, field.type)
    if (field.always || !leftOut(written, field)) result[key] = written
  }
  return result
}

/** What `omitempty` leaves out: structs never, pointers only when they are nil. */
function leftOut(value: unknown, field: SchemeField): boolean {
  if (value === null) return true
  if (field.pointer || field.type.form === 'struct') return false
  if (Array.isArray(value)) return value.length === 0
  if (field.type.form === 'map') return Object.keys(value as object).length === 0
  return field.type.form === 'scalar' && isZero(value, field.type.scalar)
}

function isZero(value: unknown, scalar: string): boolean {
  if (scalar === 'quantity' || scalar === 'intOrString' || scalar === 'duration' || scalar === 'raw') return false
  return value === '' || value === 0 || value === false
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotOfType('object')
  return value as Record<string, unknown>
}
