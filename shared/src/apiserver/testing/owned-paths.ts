import { isObject } from '../../lang/json.ts'
import { sameValue } from '../validation/values.ts'

/** The paths of a `fieldsV1` that lead nowhere in an object: an owner that owns what is not there. */
export function danglingPaths(fields: unknown, value: unknown, path = ''): string[] {
  if (!isObject(fields)) return []
  return Object.entries(fields).flatMap(([key, inner]) => {
    if (key === '.') return value === undefined ? [path] : []
    const at = `${path}/${key}`
    const child = childAt(key, value)
    // An empty map is owned, though it is not kept.
    const leaf = !isObject(inner) || Object.keys(inner).length === 0
    if (child === undefined) return leaf && key.startsWith('f:') ? [] : [at]
    return danglingPaths(inner, child, at)
  })
}

function childAt(key: string, value: unknown): unknown {
  const name = key.slice(2)
  if (key.startsWith('f:')) return isObject(value) ? value[name] : undefined
  if (!Array.isArray(value)) return undefined
  const items: readonly unknown[] = value
  const wanted: unknown = JSON.parse(name)
  if (key.startsWith('v:')) return items.find((item) => sameValue(item, wanted))
  if (key.startsWith('i:')) return items[Number(wanted)]
  return items.find(
    (item) =>
      isObject(item) && isObject(wanted) && Object.entries(wanted).every(([field, key]) => sameValue(item[field], key)),
  )
}
