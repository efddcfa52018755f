/** A field that is null counts as absent. Nearly all objects have none, and are not copied. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls)
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  const kept = Object.entries(value).map(([key, item]) => [key, withoutNulls(item)] as const)
  const isSame = kept.every(([key, item]) => item !== null && item === (value as Record<string, unknown>)[key])
  return isSame ? value : Object.fromEntries(kept.filter(([, item]) => item !== null))
}
