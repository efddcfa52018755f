import type { Field, Type } from '../apiserver/schema/types.ts'
import { childType, elementType } from '../apiserver/schema/types.ts'
import type { JsonObject } from '../lang/json.ts'
import { isObject, jsonEqual } from '../lang/json.ts'

/** A strategic merge patch that cannot be applied. */
export class StrategicMergeError extends Error {}

/** Merges `patch` into `target` as the type's patch strategies say; the target is not changed. */
export function strategicMerge(type: Type, target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  return mergeMap(type, isObject(target) ? target : {}, patch)
}

const isDirective = (key: string): boolean =>
  key === '$patch' ||
  key === '$retainKeys' ||
  key.startsWith('$deleteFromPrimitiveList/') ||
  key.startsWith('$setElementOrder/')

const known = new Set<unknown>([undefined, 'merge', 'replace', 'delete'])

function mergeMap(type: Type, target: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch['$patch']
  if (directive === 'replace') return withoutDirectives(patch)
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'merge')
    throw new StrategicMergeError(`unknown patch type: ${goMap(directive)} in map: ${goMap(patch)}`)
  const result: JsonObject = { ...target }
  const retain = patch['$retainKeys']
  if (Array.isArray(retain))
    for (const key of Object.keys(result)) if (!(retain as unknown[]).includes(key)) delete result[key]
  for (const key in patch) {
    if (key.startsWith('$deleteFromPrimitiveList/')) deletePrimitives(result, key.slice(25), patch[key])
    if (isDirective(key)) continue
    const value = patch[key]
    if (value === null) delete result[key]
    // Where there is nothing to merge with, a directive that nobody knows goes unread.
    else if (isObject(value) && result[key] === undefined && !known.has(value['$patch']))
      result[key] = mergeField(type, key, undefined, { ...value, $patch: undefined })
    else result[key] = mergeField(type, key, result[key], value)
  }
  for (const key in patch) {
    if (!key.startsWith('$setElementOrder/')) continue
    const name = key.slice(17)
    if (Array.isArray(result[name]))
      result[name] = reorder(type, name, result[name] as unknown[], patch[key], target[name])
  }
  return result
}

function fieldOf(type: Type, name: string): Field | undefined {
  return type.form === 'struct' ? type.fields.get(name) : undefined
}

function mergeField(type: Type, key: string, current: unknown, value: unknown): unknown {
  const field = fieldOf(type, key)
  const inner = field?.type ?? childType(type, key) ?? { form: 'any', name: '' }
  if (isObject(value)) {
    if (field?.patchStrategy.includes('replace')) return value
    return mergeMap(inner, isObject(current) ? current : {}, value)
  }
  if (!Array.isArray(value)) return value
  const items = value as unknown[]
  if (!field?.patchStrategy.includes('merge'))
    return items.filter((item) => !(isObject(item) && '$patch' in item && Object.keys(item).length === 1))
  const list = Array.isArray(current) ? (current as unknown[]) : []
  return field.mergeKey === undefined
    ? mergePrimitives(list, items)
    : mergeList(elementType(inner), field.mergeKey, list, items)
}

function mergePrimitives(current: readonly unknown[], added: readonly unknown[]): unknown[] {
  const result = [...current]
  for (const item of added) if (!result.some((other) => jsonEqual(other, item))) result.push(item)
  return normalize(result, current, added, (item) => item)
}

function deletePrimitives(target: JsonObject, key: string, values: unknown): void {
  const current = target[key]
  if (!Array.isArray(current) || !Array.isArray(values)) return
  target[key] = (current as unknown[]).filter((item) => !(values as unknown[]).some((value) => jsonEqual(value, item)))
}

function mergeList(element: Type, mergeKey: string, current: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace'))
    return patch
      .filter((item) => !(isObject(item) && item['$patch'] === 'replace'))
      .map((item) => (isObject(item) ? withoutDirectives(item) : item))
  let result = [...current]
  for (const item of patch) {
    if (!isObject(item)) throw new StrategicMergeError('patch element is no map')
    const key = item[mergeKey]
    if (key === undefined)
      throw new StrategicMergeError(`map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`)
    const matches = (other: unknown): boolean => isObject(other) && jsonEqual(other[mergeKey], key)
    if (item['$patch'] === 'delete') {
      result = result.filter((other) => !matches(other))
      continue
    }
    const at = result.findIndex(matches)
    if (at < 0) result.push(mergeMap(element, {}, item))
    else result[at] = mergeMap(element, isObject(result[at]) ? result[at] : {}, item)
  }
  return normalize(result, current, patch, (item) => (isObject(item) ? item[mergeKey] : item))
}

/** As Go prints a map: `map[a:1 b:2]`. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`
  if (!isObject(value)) return String(value)
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${goMap(value[key])}`)
    .join(' ')}]`
}

/** Puts the elements that the order names in that order. */
function reorder(type: Type, name: string, list: readonly unknown[], order: unknown, before: unknown): unknown[] {
  const mergeKey = fieldOf(type, name)?.mergeKey
  const wanted = Array.isArray(order) ? (order as unknown[]) : []
  const server = Array.isArray(before) ? (before as unknown[]) : []
  const keyOf = (item: unknown): unknown => (mergeKey !== undefined && isObject(item) ? item[mergeKey] : item)
  return normalize(list, server, wanted, keyOf)
}

/** Patched items come in the order of the patch, before items of the server that did not stand in front of them. */
function normalize(
  list: readonly unknown[],
  server: readonly unknown[],
  order: readonly unknown[],
  keyOf: (item: unknown) => unknown,
): unknown[] {
  const rank = (items: readonly unknown[], item: unknown): number =>
    items.findIndex((other) => jsonEqual(keyOf(other), keyOf(item)))
  const patched = list.filter((item) => rank(order, item) >= 0).sort((a, b) => rank(order, a) - rank(order, b))
  const others = list.filter((item) => rank(order, item) < 0)
  const result: unknown[] = []
  while (patched.length > 0 && others.length > 0) {
    const left = rank(server, others[0])
    const right = rank(server, patched[0])
    result.push(left >= 0 && right >= 0 && left < right ? others.shift() : patched.shift())
  }
  return [...result, ...patched, ...others]
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !isDirective(key)))
}
