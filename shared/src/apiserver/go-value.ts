import { isObject } from '../lang/json.ts'
import { byKey } from '../lang/order.ts'

/** A value as Go's `%v` prints it. */
export function printGo(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printGo).join(' ')}]`
  if (!isObject(value)) return value === null ? '<nil>' : typeof value === 'string' ? value : JSON.stringify(value)
  const entries = Object.entries(value).sort(byKey)
  return `map[${entries.map(([key, item]) => `${key}:${printGo(item)}`).join(' ')}]`
}
