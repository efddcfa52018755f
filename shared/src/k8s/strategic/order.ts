import { printGo } from '../../apiserver/go-value.ts'
import { directive, goType, noMergeKey, StrategicError, type Fields } from './lookup.ts'
import { isObject } from '../../lang/json.ts'
import { inOrder } from '../../lang/order.ts'

export type List = readonly unknown[]

/** Of what type the items of lists are: all of them of the same. */
export function itemType(...lists: readonly List[]): string {
  let found: string | undefined
  for (const list of lists) {
    for (const item of list) {
      const type = goType(item)
      if (found === undefined) {
        // So says Go of the first item's type where that item is null.
        if (type === '<nil>')
          throw new StrategicError('runtime error: invalid memory address or nil pointer dereference')
        if (Array.isArray(item)) throw new StrategicError('lists of lists are not supported')
        found = type
      } else if (found !== type) {
        throw new StrategicError(`list element types are not identical: ${printGo(lists)}`)
      }
    }
  }
  if (found === undefined) throw new StrategicError('no elements in any of the given slices')
  return found
}

export const mapType = 'map[string]interface {}'

/** The items of a list of objects, and the value of their key. */
export function keyed(item: unknown, mergeKey: string): readonly [Fields, unknown] {
  if (!isObject(item)) throw new StrategicError(`expected a ${mapType}, but received a ${goType(item)}`)
  if (!(mergeKey in item)) throw noMergeKey(item, mergeKey)
  return [item, item[mergeKey]]
}

/** Sorted as text. Of equal ones the last comes first, as Go's unstable sort leaves them. */
export function sortedByText<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  return items
    .map((item, place) => ({ item, place, text: textOf(item) }))
    .sort((a, b) => inOrder(a.text, b.text) || b.place - a.place)
    .map(({ item }) => item)
}

/** Puts what is patched and what only the server has into one list, in the order that is wanted. */
export function inWantedOrder(
  items: List,
  { wanted, server, mergeKey }: { readonly wanted: List; readonly server: List; readonly mergeKey: string | undefined },
  isMaps: boolean,
): unknown[] {
  const keyOf = (item: unknown): unknown => (isMaps ? keyed(item, mergeKey ?? '')[1] : item)
  const places = placesOf(wanted, keyOf)
  const serverPlaces = placesOf(server, keyOf)
  const patched: unknown[] = []
  const others: unknown[] = []
  for (const item of items) (places.has(keyOf(item)) ? patched : others).push(item)
  const right = sortedByPlace(patched, keyOf, places)
  const left = sortedByPlace(others, keyOf, serverPlaces)
  return interleaved(left, right, (item) => serverPlaces.get(keyOf(item)))
}

/** Stands where the list says it stands; what is to be deleted comes last. */
export function sortedByPlace(
  items: List,
  keyOf: (item: unknown) => unknown,
  places: ReadonlyMap<unknown, number>,
): unknown[] {
  const isDeletion = (item: unknown): boolean => isObject(item) && item[directive.patch] === 'delete'
  const kept = items.filter((item) => !isDeletion(item))
  const placeOf = (item: unknown): number => places.get(keyOf(item)) ?? -1
  kept.sort((a, b) => placeOf(a) - placeOf(b))
  return [...kept, ...items.filter(isDeletion)]
}

/** The first place of each key. */
export function placesOf(items: List, keyOf: (item: unknown) => unknown): ReadonlyMap<unknown, number> {
  const places = new Map<unknown, number>()
  for (const [place, item] of items.entries()) {
    const key = keyOf(item)
    if (!places.has(key)) places.set(key, place)
  }
  return places
}

/** Each of `left` before the first of `right` that stands behind it in the live list. */
function interleaved(left: List, right: List, placeOf: (item: unknown) => number | undefined): unknown[] {
  const result: unknown[] = []
  let at = 0
  for (const item of right) {
    const place = placeOf(item)
    while (place !== undefined && at < left.length) {
      const other = placeOf(left[at])
      if (other === undefined || other >= place) break
      result.push(left[at++])
    }
    result.push(item)
  }
  return [...result, ...left.slice(at)]
}
