import { printGo } from '../../apiserver/go-value.ts'
import { deepEqual } from '../../lang/deep-equal.ts'
import type { MergeField, MergeType } from './merge-type.ts'
import { directive, fieldOf, goType, itemTypeOf, noMergeKey, StrategicError, type Fields } from './lookup.ts'
import { inWantedOrder, itemType, keyed, mapType, type List } from './order.ts'
import { isObject } from '../../lang/json.ts'

type Draft = Record<string, unknown>

/**
 * `original` with a strategic merge patch applied; neither is changed. With `combine` the original is a patch itself, and
 * so is the result: what both do, with their directives and nulls.
 */
export function applyPatch(original: Fields, patch: Fields, type: MergeType, combine = false): Fields {
  if (directive.patch in patch) return replaced(patch)
  let isEmpty = true
  for (const _ in patch) isEmpty = false
  if (isEmpty) return original
  const merging: Merging = { result: { ...original }, rest: { ...patch }, type, combine }
  retainKeys(merging)
  for (const key of Object.keys(merging.rest)) if (key.startsWith(directive.order)) mergeOrdered(key, merging)
  for (const key in merging.rest) mergeField(key, merging)
  return merging.result
}

interface Merging {
  readonly result: Draft
  /** What of the patch is not merged yet. */
  readonly rest: Draft
  readonly type: MergeType
  readonly combine: boolean
}

/** What `$patch` says of the whole. */
function replaced(patch: Fields): Fields {
  const { [directive.patch]: word, ...rest } = patch
  if (word === 'replace') return rest
  if (word === 'delete') return {}
  throw new StrategicError(`unknown patch type: ${printGo(word)} in map: ${printGo(patch)}`)
}

function retainKeys({ result, rest, combine }: Merging): void {
  if (!(directive.retainKeys in rest)) return
  const keys = rest[directive.retainKeys]
  delete rest[directive.retainKeys]
  if (combine) {
    const said = result[directive.retainKeys]
    if (said !== undefined && !deepEqual(said, keys)) {
      const both = `${printGo(said)} and ${printGo(keys)}`
      throw new StrategicError(`${both} are not deep equal: this may happen when calculating the 3-way diff patch`)
    }
    result[directive.retainKeys] = keys
    return
  }
  const kept = Array.isArray(keys) ? new Set<unknown>(keys) : undefined
  const isFine = (key: string): boolean =>
    rest[key] === null || key.startsWith(directive.deletions) || key.startsWith(directive.order)
  if (!kept || Object.keys(rest).some((key) => !isFine(key) && !kept.has(key))) {
    throw new StrategicError('invalid patch format of retainKeys')
  }
  for (const key of Object.keys(result)) if (!kept.has(key)) delete result[key]
}

/** Merges a list together with the order that is wanted of it. */
function mergeOrdered(key: string, { result, rest, type, combine }: Merging): void {
  const order = rest[key]
  delete rest[key]
  if (combine) {
    if (key in result && !deepEqual(result[key], order)) throw badOrder()
    result[key] = order
  }
  if (!Array.isArray(order)) throw new StrategicError(`expected a []interface {}, but received a ${goType(order)}`)
  const name = key.slice(directive.order.length)
  const original = listAt(result, name)
  const patch = listAt(rest, name)
  const field = fieldOf(type, name)
  const item = itemTypeOf(field)
  checkOrder(patch ?? [], order, field.mergeKey)
  if (!original && !patch) return
  const merged =
    original && patch
      ? mergeLists(original, patch, { field, item, isDeletion: false, combine })
      : (original ?? (withoutDirectives(patch) as List))
  const isMaps = itemType(original ?? [], patch ?? []) === mapType
  result[name] = inWantedOrder(merged, { wanted: order, server: original ?? [], mergeKey: field.mergeKey }, isMaps)
  delete rest[name]
}

function listAt(fields: Fields, key: string): List | undefined {
  const list = fields[key]
  if (!(key in fields)) return undefined
  if (!Array.isArray(list)) throw new StrategicError(`expected a []interface {}, but received a ${goType(list)}`)
  return list
}

/** The patched items must stand in the order, each where the order has it. */
function checkOrder(patch: List, order: List, mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return
  const keyOf = (item: unknown): unknown => (mergeKey === undefined ? item : keyed(item, mergeKey)[1])
  let place = 0
  for (const item of patch) {
    if (isObject(item) && directive.patch in item) continue
    const key = keyOf(item)
    while (place < order.length && keyOf(order[place]) !== key) place++
    if (place++ >= order.length) {
      const lists = `${printGo(patch)}\n doesn't match $setElementOrder list:\n${printGo(order)}\n`
      throw new StrategicError(`The order in patch list:\n${lists}`)
    }
  }
}

function badOrder(): StrategicError {
  return new StrategicError('invalid patch format of setElementOrder list')
}

function mergeField(said: string, { result, rest, type, combine }: Merging): void {
  const value = rest[said]
  const isDeletion = said.startsWith(directive.deletions)
  if (isDeletion && combine) {
    result[said] = value
    return
  }
  const key = isDeletion ? said.slice(directive.deletions.length) : said
  if (value === null) {
    delete result[key]
    if (!combine) return
  }
  if (!(key in result) || goType(result[key]) !== goType(value)) {
    if (isDeletion) return
    const taken = withoutDirectives(combine ? value : withoutNulls(value))
    if (taken === undefined) delete result[key]
    else result[key] = taken
    return
  }
  result[key] = mergeValues(result[key], value, { key, type, isDeletion, combine })
}

interface Place {
  readonly key: string
  readonly type: MergeType
  readonly isDeletion: boolean
  readonly combine: boolean
}

function mergeValues(original: unknown, patch: unknown, { key, type, isDeletion, combine }: Place): unknown {
  if (isObject(original) && isObject(patch)) {
    const field = fieldOf(type, key)
    return field.replace ? patch : applyPatch(original, patch, field.type, combine)
  }
  if (!Array.isArray(original) || !Array.isArray(patch)) return patch
  const field = fieldOf(type, key)
  return mergeLists(original, patch, { field, item: itemTypeOf(field), isDeletion, combine })
}

interface ListMerge {
  readonly field: MergeField
  readonly item: MergeType
  /** The patch tells what goes. */
  readonly isDeletion: boolean
  readonly combine: boolean
}

function mergeLists(original: List, patch: List, { field, item, isDeletion, combine }: ListMerge): List {
  if (!field.merge && !isDeletion) return patch
  if (original.length === 0 && patch.length === 0) return original
  const { mergeKey } = field
  if (itemType(original, patch) !== mapType) {
    if (isDeletion && !combine) return original.filter((item) => !patch.includes(item))
    const merged = [...new Set([...original, ...patch])]
    return inWantedOrder(merged, { wanted: patch, server: original, mergeKey }, false)
  }
  if (mergeKey === undefined) throw new StrategicError('cannot merge lists without merge key for struct')
  const { kept, items } = withoutSpecialItems(original, patch, mergeKey)
  const merged = mergeItems(kept, items, { type: item, mergeKey, combine })
  return inWantedOrder(merged, { wanted: items, server: kept, mergeKey }, true)
}

/** Does what items with `$patch` say: of the live list what is kept, of the patch what is left to merge. */
function withoutSpecialItems(
  original: List,
  patch: List,
  mergeKey: string,
): { readonly kept: List; readonly items: readonly Fields[] } {
  let kept = original
  let replaces = false
  const items: Fields[] = []
  for (const item of patch as readonly Fields[]) {
    const word = item[directive.patch]
    if (!(directive.patch in item)) items.push(item)
    else if (word === 'replace') replaces = true
    else if (word === 'delete') {
      const key = keyed(item, mergeKey)[1]
      kept = kept.filter((other) => !(isObject(other) && other[mergeKey] === key))
    } else if (word === 'merge') throw new StrategicError('merging lists cannot yet be specified in the patch')
    else throw new StrategicError(`unknown patch type: ${printGo(word)} in map: ${printGo(item)}`)
  }
  return replaces ? { kept: items, items: [] } : { kept, items }
}

function mergeItems(
  original: List,
  patch: readonly Fields[],
  { type, mergeKey, combine }: { readonly type: MergeType; readonly mergeKey: string; readonly combine: boolean },
): List {
  const merged = [...original]
  const places = new Map<unknown, number>()
  for (const [place, item] of merged.entries()) {
    const key = isObject(item) ? item[mergeKey] : undefined
    if (key !== undefined && !places.has(key)) places.set(key, place)
  }
  for (const item of patch) {
    if (!(mergeKey in item)) throw noMergeKey(item, mergeKey)
    const key = item[mergeKey]
    const place = places.get(key)
    if (place !== undefined) merged[place] = applyPatch(merged[place] as Fields, item, type, combine)
    else places.set(key, merged.push(item) - 1)
  }
  return merged
}

/** Without objects that hold a directive; undefined where the whole is one. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.map(withoutDirectives).filter((item) => item !== undefined)
    return kept.length === value.length && kept.every((item, at) => item === value[at]) ? value : kept
  }
  if (!isObject(value)) return value
  if (directive.patch in value) return undefined
  let result: Draft | undefined
  for (const key in value) {
    const kept = withoutDirectives(value[key])
    if (kept === value[key]) continue
    result ??= { ...value }
    if (kept === undefined) delete result[key]
    else result[key] = kept
  }
  return result ?? value
}

/** Without fields that are null; lists keep their nulls. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls)
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  if (!isObject(value)) return value
  let result: Draft | undefined
  for (const key in value) {
    const kept = value[key] === null ? undefined : withoutNulls(value[key])
    if (kept === value[key]) continue
    result ??= { ...value }
    if (kept === undefined) delete result[key]
    else result[key] = kept
  }
  return result ?? value
}
