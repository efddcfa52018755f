import { goTimeProblem } from '../../lang/go-time.ts'
import { parseQuantity } from '../../apiserver/validation/quantity.ts'
import type { SchemeType } from './types.ts'
import { isObject } from '../../lang/json.ts'

/** Why a value cannot be read as its type, in the words of Go's decoder; undefined where it can. */
export function mistakeIn(value: unknown, type: SchemeType): string | undefined {
  if (value === null || value === undefined) return undefined
  switch (type.form) {
    case 'struct':
      if (!isObject(value)) return `cannot restore struct from: ${kindOf(value)}`
      for (const key in value) {
        const field = type.fields.get(key)
        // Fields that the type lacks are passed over.
        const found = field && mistakeIn(value[key], field.type)
        if (found !== undefined) return found
      }
      return undefined
    case 'list':
      if (!Array.isArray(value)) return `cannot restore slice from ${kindOf(value)}`
      for (const item of value) {
        const found = mistakeIn(item, type.of)
        if (found !== undefined) return found
      }
      return undefined
    case 'map':
      if (!isObject(value)) return `cannot restore map from ${kindOf(value)}`
      for (const key in value) {
        const found = mistakeIn(value[key], type.of)
        if (found !== undefined) return found
      }
      return undefined
    default:
      return scalarMistake(value, type.scalar)
  }
}

function scalarMistake(value: unknown, scalar: string): string | undefined {
  switch (scalar) {
    case 'string':
      if (typeof value === 'string') return undefined
      return Number.isInteger(value) ? 'cannot convert int64 to string' : 'unrecognized type: string'
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'unrecognized type: bool'
    case 'int32':
    case 'int64':
      if (Number.isInteger(value)) return undefined
      return typeof value === 'number' ? `cannot convert float64 to ${scalar}` : `unrecognized type: ${scalar}`
    case 'time':
    case 'microTime':
      return timeMistake(value, scalar === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00')
    case 'quantity':
      return quantityMistake(typeof value === 'string' ? value.trim() : value)
    case 'intOrString':
      if (typeof value === 'string' || Number.isInteger(value)) return undefined
      return `json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`
    default:
      return undefined
  }
}

function quantityMistake(value: unknown): string | undefined {
  if (parseQuantity(value)) return undefined
  // A number and letters that may stand behind one, but not these.
  if (typeof value === 'string' && value !== '' && /^[+-]?\d*\.?\d*[eEinumkKMGTP]*[-+]?\d*$/.test(value)) {
    return /^[+-]?\d*\.?\d*$/.test(value) || /^[+-]?(?:[KMGTPE]i?|[num]|k)$/.test(value)
      ? undefined
      : "unable to parse quantity's suffix"
  }
  return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
}

function timeMistake(value: unknown, layout: string): string | undefined {
  if (typeof value !== 'string') return `json: cannot unmarshal ${jsonKind(value)} into Go value of type string`
  return goTimeProblem(value, layout)
}

/** What Go calls the kind of a value read from JSON. */
function kindOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (Array.isArray(value)) return 'slice'
  return typeof value === 'string' ? 'string' : 'map'
}

function jsonKind(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'object' ? 'object' : typeof value
}
