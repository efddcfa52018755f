import { isObject } from '../../lang/json.ts'
import type { StructuredList, StructuredType } from './type.ts'

/** A list item that lacks a key, or whose key is no scalar. */
export class KeyError extends Error {}

/** JSON with keys in order. */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sortedJson(value[key])}`)
    .join(',')}}`
}

function keyDefault(element: StructuredType, key: string): unknown {
  return element.form === 'struct' ? element.fields.get(key)?.default : undefined
}

/** How an item of a set or of a list of maps is addressed: `v:"x"`, `k:{"name":"a"}`; defaults of keys take part. */
export function itemElement(type: StructuredList, item: unknown): string {
  if (type.listType === 'set') return `v:${sortedJson(item)}`
  if (!isObject(item)) throw new KeyError('associative list with keys may not have non-map elements')
  const parts: string[] = []
  let found = false
  for (const key of type.keys.length > 1 ? [...type.keys].sort() : type.keys) {
    let value = item[key]
    if (value === undefined || value === null) value = keyDefault(type.element, key)
    else found = true
    if (value === undefined || value === null) {
      if (type.keys.length > 1) continue
      throw new KeyError(
        `associative list with keys has an element that omits key field "${key}" (and doesn't have default value)`,
      )
    }
    found ||= value !== undefined
    parts.push(`${JSON.stringify(key)}:${sortedJson(value)}`)
  }
  if (!found) throw new KeyError('associative list with keys has an element that omits all key fields')
  return `k:{${parts.join(',')}}`
}

/** A path element as messages show it: `.name`, `[name="a"]`, `[="x"]`, `[0]`. */
export function printElement(element: string): string {
  const text = element.slice(2)
  if (element.startsWith('f:')) return `.${text}`
  if (element.startsWith('i:')) return `[${text}]`
  if (element.startsWith('v:')) return `[=${text}]`
  const key = JSON.parse(text) as Record<string, unknown>
  return `[${Object.entries(key)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`
}

/** A whole path as messages show it: `.spec.containers[name="a"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('')
}
