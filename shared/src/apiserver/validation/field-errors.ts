import { dictionary } from '../../lang/dictionary.ts'
import type { FieldError } from '../strategy.ts'

const escapes: Readonly<Record<string, string>> = dictionary({
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
})

/** A text as Go quotes it. */
export function quoteGo(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0')
    return escapes[character] ?? `\\x${code}`
  })
  return `"${escaped}"`
}

/** JSON as Go writes it, safe within HTML. */
export function jsonGo(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A value as Kubernetes prints it in messages: strings quoted, objects as JSON, nothing as `null`. */
export function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  return typeof value === 'string' ? quoteGo(value) : jsonGo(value)
}

function error(reason: string, field: string, head: string, detail: string): FieldError {
  return { reason: `FieldValue${reason}`, field, message: detail === '' ? head : `${head}: ${detail}` }
}

/** `Required value`, for what must be there. */
export function required(field: string, detail = ''): FieldError {
  return error('Required', field, 'Required value', detail)
}

/** `Invalid value: …`, with the value and what is wrong with it. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return error('Invalid', field, `Invalid value: ${printValue(value)}`, detail)
}

/** `Invalid value`, of something that is too large to be shown. */
export function wrong(field: string, detail: string): FieldError {
  return error('Invalid', field, 'Invalid value', detail)
}

/** `Unsupported value: …` of an enumeration; `supported` is printed in the order given. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ')
  return error('NotSupported', field, `Unsupported value: ${printValue(value)}`, `supported values: ${list}`)
}

/** `Forbidden`, for what may not be said here. */
export function forbidden(field: string, detail: string): FieldError {
  return error('Forbidden', field, 'Forbidden', detail)
}

/** `Duplicate value` of a list whose elements are unique. */
export function duplicate(field: string, value: unknown): FieldError {
  return error('Duplicate', field, `Duplicate value: ${printValue(value)}`, '')
}

/** `Not found`, of a reference within the object. */
export function notFound(field: string, value: unknown): FieldError {
  return error('NotFound', field, `Not found: ${printValue(value)}`, '')
}

/** `Too long`, of a string. */
export function tooLong(field: string, limit: number): FieldError {
  return error('TooLong', field, 'Too long', `may not be more than ${limit} bytes`)
}

/** `Too many`, of a list. */
export function tooMany(field: string, actual: number, limit: number): FieldError {
  return error('TooMany', field, `Too many: ${actual}`, `must have at most ${limit} item${limit === 1 ? '' : 's'}`)
}

/** `field is immutable` unless both values are the same. */
export function immutable(field: string, value: unknown): FieldError {
  return invalid(field, value, 'field is immutable')
}

/** Invalid once for each complaint. */
export function invalidAll(field: string, value: unknown, details: readonly string[]): FieldError[] {
  return details.map((detail) => invalid(field, value, detail))
}

/** Invalid, because there is more of it than may be. */
export function lengthError(field: string, value: string, limit: number): FieldError {
  return invalid(field, value, `must be no more than ${limit} characters`)
}
