/**
 * A script cannot tell an empty map from an empty list, so what comes back empty takes the form it had in the original.
 * What is new stays as it came: a list.
 */
export function restoreEmpty(value: unknown, original: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return isMap(original) ? {} : value
    const before = Array.isArray(original) ? original : []
    return value.map((item, index) => restoreEmpty(item, before[index]))
  }
  if (!isMap(value)) return value
  const before = isMap(original) ? original : {}
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restoreEmpty(item, before[key])]))
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
