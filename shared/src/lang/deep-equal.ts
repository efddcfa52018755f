/** Whether two JSON values are equal; the order of keys does not matter, and an undefined field is no field. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let index = 0; index < a.length; index++) if (!deepEqual(a[index], b[index])) return false
    return true
  }
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  let fields = 0
  for (const key in left) {
    if (left[key] === undefined) continue
    fields++
    if (!deepEqual(left[key], right[key])) return false
  }
  for (const key in right) if (right[key] !== undefined) fields--
  return fields === 0
}
