import type { JsonObject } from '../../lang/json.ts'
import { isObject, jsonEqual } from '../../lang/json.ts'
import { childOf } from './type.ts'
import type { StructuredList, StructuredType } from './type.ts'
import { itemElement } from './path-element.ts'
import { index } from './typed.ts'

/**
 * Lays an applied configuration over the live object: maps are joined, atomic values replaced, keyed lists merged in order.
 * What stays the same is the live value itself.
 */
export function mergeTyped(type: StructuredType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  if (live === undefined || live === null) return applied
  // Nothing laid over a map or list of parts takes none of them away.
  if (applied === null && hasParts(type, live)) return live
  if (type.form === 'list') {
    return type.listType === 'atomic' || !Array.isArray(live) || !Array.isArray(applied)
      ? replaced(live, applied)
      : mergeLists(type, live, applied)
  }
  if (type.form === 'scalar' || !isObject(live) || !isObject(applied)) return replaced(live, applied)
  if (type.form !== 'any' && type.atomic) return replaced(live, applied)
  let result: JsonObject | undefined
  for (const name in applied) {
    const value = mergeTyped(childOf(type, name) ?? type, live[name], applied[name])
    if (value === live[name] && (value !== undefined || name in live)) continue
    result ??= { ...live }
    result[name] = value
  }
  return result ?? live
}

const replaced = (live: unknown, applied: unknown): unknown => (jsonEqual(live, applied) ? live : applied)

const hasParts = (type: StructuredType, live: unknown): boolean =>
  (type.form === 'list' && type.listType !== 'atomic' && Array.isArray(live) && live.length > 0) ||
  ((type.form === 'struct' || type.form === 'map') && !type.atomic && isObject(live) && Object.keys(live).length > 0)

/**
 * Items of both lists are merged; the applied order holds among applied items, the live order among the others, and items of the
 * live list stay in front of the shared item that they were in front of.
 */
function mergeLists(type: StructuredList, live: readonly unknown[], applied: readonly unknown[]): readonly unknown[] {
  const left = live.map((item) => itemElement(type, item))
  const right = applied.map((item) => itemElement(type, item))
  const inLive = index(type, live)
  const inApplied = index(type, applied)
  const shared = right.filter((element) => inLive.has(element))
  const merged = new Set<string>()
  const out: unknown[] = []
  const take = (element: string): void => {
    merged.add(element)
    const of = inLive.get(element)
    out.push(mergeTyped(type.element, of?.length === 1 ? of[0] : undefined, inApplied.get(element)?.[0]))
  }
  let next = shared.shift()
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const leftElement = left[l]
    const rightElement = right[r]
    if (leftElement !== undefined && rightElement !== undefined) {
      if (leftElement === rightElement) {
        take(leftElement)
        l += 1
        r += 1
        next = shared.shift()
        continue
      }
      if (inApplied.has(leftElement) && next !== undefined && next !== leftElement) {
        l += 1
        continue
      }
    }
    if (leftElement !== undefined) {
      if (!inApplied.has(leftElement)) {
        out.push(live[l])
        l += 1
        continue
      }
      if (merged.has(leftElement)) l += 1
    }
    if (rightElement !== undefined) {
      take(rightElement)
      r += 1
      if (next === rightElement) next = shared.shift()
    }
  }
  return out.length === live.length && out.every((item, place) => item === live[place]) ? live : out
}
