import { printGo } from '../../apiserver/go-value.ts'
import { deepEqual } from '../../lang/deep-equal.ts'
import type { MergeField, MergeType } from './merge-type.ts'
import { directive, fieldOf, goType, itemTypeOf, StrategicError, type Fields } from './lookup.ts'
import { itemType, keyed, mapType, placesOf, sortedByPlace, sortedByText, type List } from './order.ts'
import { isObject } from '../../lang/json.ts'
import { inOrder } from '../../lang/order.ts'

/** What of a difference goes into a patch. */
export interface DiffOptions {
  /** Changes and additions. */
  readonly changes: boolean
  readonly deletions: boolean
}

type Patch = Record<string, unknown>

/** The strategic merge patch from one object to another, as kubectl makes it. */
export function makePatch(
  original: Fields,
  modified: Fields,
  type: MergeType,
  options: DiffOptions,
  retainKeys = false,
): Patch {
  const patch: Patch = {}
  for (const key in modified) addField(patch, key, { original, modified, type, options })
  if (options.deletions) for (const key in original) if (!(key in modified)) patch[key] = null
  if (retainKeys) addRetained(patch, original, modified)
  return patch
}

interface Pair {
  readonly original: Fields
  readonly modified: Fields
  readonly type: MergeType
  readonly options: DiffOptions
}

function addField(patch: Patch, key: string, { original, modified, type, options }: Pair): void {
  const before = original[key]
  const after = modified[key]
  if (before === after && (typeof before !== 'object' || before === null) && key in original) return
  if (key in original && key === directive.patch) {
    if (typeof before !== 'string' || typeof after !== 'string') {
      throw new StrategicError(`invalid value for special key: ${directive.patch}`)
    }
    if (before !== after) patch[key] = after
  } else if (!(key in original) || goType(before) !== goType(after)) {
    if (options.changes) patch[key] = after
  } else if (isObject(before) && isObject(after)) {
    addFields(patch, key, { original: before, modified: after, type, options })
  } else if (Array.isArray(before) && Array.isArray(after)) {
    addList(patch, key, { original: before, modified: after, type, options })
  } else if (options.changes && before !== after) patch[key] = after
}

function addFields(patch: Patch, key: string, { original, modified, type, options }: Pair): void {
  const field = knownField(type, key, original, modified)
  if (!field) return
  if (field.replace) {
    if (options.changes) patch[key] = modified
    return
  }
  const inner = makePatch(original, modified, field.type, options, field.retainKeys)
  if (!isEmpty(inner)) patch[key] = inner
}

/** A field that the type has. One that it lacks is of no interest where nothing differs. */
function knownField(type: MergeType, key: string, original: unknown, modified: unknown): MergeField | undefined {
  try {
    return fieldOf(type, key)
  } catch (error) {
    if (deepEqual(original, modified)) return undefined
    throw error
  }
}

interface Lists {
  readonly original: List
  readonly modified: List
  readonly type: MergeType
  readonly options: DiffOptions
}

function addList(patch: Patch, key: string, { original, modified, type, options }: Lists): void {
  const field = knownField(type, key, original, modified)
  if (!field || (field.type.form !== 'list' && deepEqual(original, modified))) return
  const item = itemTypeOf(field)
  if (!field.merge) {
    if (options.changes && !deepEqual(original, modified)) patch[key] = modified
    return
  }
  if (original.length === 0) {
    if (modified.length > 0 && options.changes) patch[key] = modified
    return
  }
  const isMaps = itemType(original, modified) === mapType
  if (isMaps) addItems(patch, key, { original, modified, options, type: item }, field)
  else addScalars(patch, key, original, modified, options)
}

function addScalars(patch: Patch, key: string, original: List, modified: List, options: DiffOptions): void {
  const before = sortedByText(original, printGo)
  const [added, removed] = scalarsChanged(before, sortedByText(modified, printGo))
  if (options.changes && added.length > 0) {
    const self = (item: unknown): unknown => item
    patch[key] = sortedByPlace(added, self, placesOf(modified, self))
  }
  if (options.deletions && removed.length > 0) patch[`${directive.deletions}${key}`] = [...new Set(removed)]
  // That what is there is sorted already counts, as kubectl sorts it in its place.
  const changed = options.changes && !deepEqual(before, modified)
  if (modified.length > 0 && (changed || (options.deletions && removed.length > 0))) {
    patch[`${directive.order}${key}`] = modified
  }
}

/** What of two sorted lists only the one has, and only the other. */
function scalarsChanged(left: List, right: List): readonly [unknown[], unknown[]] {
  const added: unknown[] = []
  const removed: unknown[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const order = l >= left.length ? 1 : r >= right.length ? -1 : inOrder(printGo(left[l]), printGo(right[r]))
    if (order < 0) removed.push(left[l])
    if (order > 0) added.push(right[r])
    if (order <= 0) l++
    if (order >= 0) r++
  }
  return [added, removed]
}

function addItems(patch: Patch, key: string, lists: Lists, field: MergeField): void {
  const { original, modified, options } = lists
  const mergeKey = field.mergeKey ?? ''
  const keyOf = (item: unknown): unknown => keyed(item, mergeKey)[1]
  if (original === modified) return checkItems(lists, mergeKey)
  const [changed, removed] = itemsChanged(lists, mergeKey, field.retainKeys)
  const ordered = sortedByPlace(changed, keyOf, placesOf(modified, keyOf))
  const isSame =
    original.length === modified.length && original.every((item, at) => keyOf(item) === keyOf(modified[at]))
  const items = [...ordered, ...removed]
  if (items.length > 0) patch[key] = items
  const reordered = options.changes && !isSame
  if (modified.length > 0 && (items.length > 0 || reordered)) {
    patch[`${directive.order}${key}`] = modified.map((item) => ({ [mergeKey]: keyOf(item) }))
  }
}

/** A list can only be merged with itself where its items have their keys. */
function checkItems({ original, type, options }: Lists, mergeKey: string): void {
  for (const item of original) {
    const [fields] = keyed(item, mergeKey)
    makePatch(fields, fields, type, options)
  }
}

/** The items that change or are new, each as a patch, and those that go. */
function itemsChanged(
  { original, modified, type, options }: Lists,
  mergeKey: string,
  retainKeys: boolean,
): readonly [Fields[], Fields[]] {
  const textOf = (item: unknown): string => printGo(isObject(item) ? (item[mergeKey] ?? null) : null)
  const left = sortedByText(original, textOf)
  const right = sortedByText(modified, textOf)
  const changed: Fields[] = []
  const removed: Fields[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const before = l < left.length ? keyed(left[l], mergeKey) : undefined
    const after = r < right.length ? keyed(right[r], mergeKey) : undefined
    const order = !before ? 1 : !after ? -1 : inOrder(printGo(before[1]), printGo(after[1]))
    if (before && after && order === 0) {
      const patch = makePatch(before[0], after[0], type, options, retainKeys)
      if (!isEmpty(patch)) changed.push({ ...patch, [mergeKey]: after[1] })
    } else if (after && order > 0) {
      if (options.changes) changed.push(after[0])
    } else if (before && options.deletions) {
      removed.push({ [mergeKey]: before[1], [directive.patch]: 'delete' })
    }
    if (order <= 0) l++
    if (order >= 0) r++
  }
  return [changed, removed]
}

/** Of a field whose other keys go, the keys that stay. */
function addRetained(patch: Patch, original: Fields, modified: Fields): void {
  const keys = Object.keys(modified).filter((key) => modified[key] !== null)
  const others = Object.keys(original).some((key) => original[key] !== null && !(key in modified))
  if (keys.length > 0 && (others || !isEmpty(patch))) patch[directive.retainKeys] = keys.sort()
}

function isEmpty(fields: Fields): boolean {
  for (const _ in fields) return false
  return true
}
