/**
 * A script cannot tell an empty map from an empty list, so what comes back empty takes the form it had in the original.
 * So does a map whose keys are 1, 2, 3 and so on, which reads like a list. What is new stays as it came: a list.
 */
export function restoreEmpty(value: unknown, original: unknown): unknown {
  if (Array.isArray(value)) {
    if (isMap(original)) return restoreEmpty(numbered(value), original)
    const before = Array.isArray(original) ? original : []
    return value.map((item, index) => restoreEmpty(item, before[index]))
  }
  if (!isMap(value)) return value
  const before = isMap(original) ? original : {}
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restoreEmpty(item, before[key])]))
}

function numbered(items: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(items.map((item, index) => [String(index + 1), item]))
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
