import { byKey } from '../../lang/order.ts'

/** A JSON object whose fields are not known yet. */
export type Fields = Record<string, unknown>

/** Whether a value is a JSON object (no array, no null). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object, or an empty one: for reading paths that may not be there. Never write to the answer. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The array, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects of an array; what is no object reads as empty, so that indexes stay. */
export function fieldsList(value: unknown): readonly Fields[] {
  return listOf(value).map(fieldsOf)
}

/** The string, or an empty one, as Go's zero value. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The number if there is one. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** The object at `key`, put there if absent. */
export function childOf(parent: Fields, key: string): Fields {
  const existing = parent[key]
  if (isFields(existing)) return existing
  const made: Fields = {}
  parent[key] = made
  return made
}

/** Sets `key` where nothing, null or an empty string stands. */
export function setDefault(parent: Fields, key: string, value: unknown): void {
  const existing = parent[key]
  if (existing === undefined || existing === null || existing === '') parent[key] = value
}

/** Whether there is anything at all: Go's "not the zero value" for what JSON can hold. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return true
}

/** Deep equality of JSON values; absent, null and empty containers are one, as `apiequality.Semantic` sees them. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]))
  }
  if (isFields(a) && isFields(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...keys].every((key) => sameValue(a[key], b[key]))
  }
  return false
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isFields(value) && Object.keys(value).length === 0
}

/** A map with its keys in order, as Go prints maps. */
export function sortedMap(map: Fields): Fields {
  return Object.fromEntries(Object.entries(map).sort(byKey))
}
