import { writtenQuantity } from '../../apiserver/validation/quantity.ts'
import { formatGoDuration, parseGoDuration } from '../../lang/go-duration.ts'

/** A value that its type cannot hold. */
export class NotOfType extends Error {}

/** A scalar as Go writes it after reading it; throws {@link NotOfType}. Null reads as the zero value. */
export function encodeScalar(value: unknown, scalar: string): unknown {
  switch (scalar) {
    case 'raw':
      return value
    case 'string':
      return expect(value ?? '', 'string')
    case 'bool':
      return expect(value ?? false, 'boolean')
    case 'float':
      return expect(value ?? 0, 'number')
    case 'quantity':
      return quantity(value)
    case 'intOrString':
      return intOrString(value)
    case 'bytes':
      return bytes(value)
    case 'duration':
      return duration(value)
    case 'time':
    case 'microTime':
      return time(value)
    default:
      return integer(value ?? 0, scalar)
  }
}

function expect(value: unknown, kind: string): unknown {
  if (typeof value !== kind) throw new NotOfType(kind)
  return value
}

function integer(value: unknown, scalar: string): number {
  const bits = scalar === 'int64' ? 63 : 31
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new NotOfType('integer')
  if (value >= 2 ** bits || value < -(2 ** bits)) throw new NotOfType('integer')
  return value
}

function intOrString(value: unknown): unknown {
  if (value === null) return 0
  return typeof value === 'string' ? value : integer(value, 'int32')
}

function quantity(value: unknown): string {
  if (value === null) return '0'
  const written = writtenQuantity(typeof value === 'string' ? value.trim() : value)
  if (written === undefined) throw new NotOfType('quantity')
  return written
}

function bytes(value: unknown): unknown {
  if (value === null) return null
  // Go takes a list of numbers, too.
  if (Array.isArray(value)) return btoa(String.fromCodePoint(...value.map(byte)))
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(value)) throw new NotOfType('bytes')
  const text = value.replace(/[\r\n]/g, '')
  if (text.length % 4 !== 0) throw new NotOfType('bytes')
  return text
}

function byte(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255) throw new NotOfType('bytes')
  return value
}

function duration(value: unknown): string {
  if (value === null) return '0s'
  const parsed = typeof value === 'string' ? parseGoDuration(value) : undefined
  if (parsed === undefined) throw new NotOfType('duration')
  return formatGoDuration(parsed)
}

function time(value: unknown): unknown {
  if (value === null) return null
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw new NotOfType('time')
  return value
}
