/** A JSON object. */
export type JsonObject = Record<string, unknown>

/** Whether a value is a JSON object: no array, no null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deep equality of JSON values; key order does not matter. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => jsonEqual(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  let count = 0
  for (const key in a) {
    count += 1
    if (!(key in b) || !jsonEqual(a[key], b[key])) return false
  }
  for (const _ in b) count -= 1
  return count === 0
}

/** A copy that shares nothing with the original. */
export function jsonClone<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => jsonClone(item)) as T
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key in value) copy[key] = jsonClone(value[key])
  return copy as T
}
