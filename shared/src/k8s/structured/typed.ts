import type { JsonObject } from '../../lang/json.ts'
import { isObject, jsonEqual } from '../../lang/json.ts'
import { childOf, elementType } from './type.ts'
import type { StructuredList, StructuredType } from './type.ts'
import { FieldSet, FieldSetBuilder, emptySet } from './field-set.ts'
import { itemElement } from './path-element.ts'

const isEmpty = (value: unknown): boolean => {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  for (const _ in value) return false
  return true
}

/** A map whose fields are owned one by one. */
function isGranularMap(type: StructuredType, value: unknown): value is JsonObject {
  if (!isObject(value) || type.form === 'scalar' || type.form === 'list') return false
  return type.form === 'any' || !type.atomic
}

function isGranularList(type: StructuredType): type is StructuredList {
  return type.form === 'list' && type.listType !== 'atomic'
}

/** Paths of all that `value` says: what an applier of it owns. */
export function toFieldSet(type: StructuredType, value: unknown): FieldSet {
  const builder = new FieldSetBuilder()
  collect(type, value, builder)
  return builder.build()
}

function collect(type: StructuredType, value: unknown, into: FieldSetBuilder): void {
  if (isGranularList(type)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : []) {
      const at = into.child(itemElement(type, item))
      collect(type.element, item, at)
      at.insert()
    }
  } else if (isGranularMap(type, value)) {
    for (const name in value) {
      const at = into.child(`f:${name}`)
      const inner = value[name]
      collect(childOf(type, name) ?? type, inner, at)
      const named = type.form === 'struct' && type.fields.has(name)
      if (!named || inner === null || (isObject(inner) && isEmpty(inner))) at.insert()
    }
  } else into.insert()
}

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

interface Builders {
  readonly added: FieldSetBuilder
  readonly modified: FieldSetBuilder
  readonly removed: FieldSetBuilder
}

/** A place where two values are compared. Most are equal there: a set is built down to it only once it is to hold it. */
class Spot {
  readonly #sets: Builders
  readonly #above: Spot | undefined
  readonly #element: string

  constructor(sets: Builders, above?: Spot, element = '') {
    this.#sets = sets
    this.#above = above
    this.#element = element
  }

  at(element: string): Spot {
    return new Spot(this.#sets, this, element)
  }

  insert(change: keyof Builders): void {
    this.#builder(change).insert()
  }

  #builder(change: keyof Builders): FieldSetBuilder {
    return this.#above ? this.#above.#builder(change).child(this.#element) : this.#sets[change]
  }
}

/** What changed from `before` to `after`, by path. */
export function compare(type: StructuredType, before: unknown, after: unknown): Comparison {
  const into: Builders = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  }
  compareInto(type, before, after, new Spot(into))
  return { added: into.added.build(), modified: into.modified.build(), removed: into.removed.build() }
}

function compareInto(type: StructuredType, before: unknown, after: unknown, spot: Spot): void {
  if (before === after) return
  const bothEmpty = isEmpty(before) && isEmpty(after)
  if (isGranularList(type) && !bothEmpty) compareLists(type, before, after, spot)
  else if (
    (isGranularMap(type, before) || isGranularMap(type, after)) &&
    !bothEmpty &&
    isMapOrNone(before) &&
    isMapOrNone(after)
  )
    compareMaps(type, before, after, spot)
  else {
    if (before === undefined) spot.insert('added')
    else if (after === undefined) spot.insert('removed')
    else if (!jsonEqual(before, after)) spot.insert('modified')
    return
  }
  if (before === undefined) spot.insert('added')
  else if (after === undefined) spot.insert('removed')
}

const isMapOrNone = (value: unknown): value is JsonObject | null | undefined =>
  value === null || value === undefined || isObject(value)

function compareMaps(
  type: StructuredType,
  before: JsonObject | null | undefined,
  after: JsonObject | null | undefined,
  spot: Spot,
): void {
  for (const name in after) compareField(type, name, before, after, spot)
  for (const name in before) if (after?.[name] === undefined) compareField(type, name, before, after, spot)
}

function compareField(
  type: StructuredType,
  name: string,
  left: JsonObject | null | undefined,
  right: JsonObject | null | undefined,
  spot: Spot,
): void {
  const before = left?.[name]
  const after = right?.[name]
  if (before === after) return
  const field = type.form === 'struct' ? type.fields.get(name) : undefined
  // A struct that is no pointer is always there, though it may not show: it cannot be added or removed.
  const standing = field !== undefined && field.type.form === 'struct' && !field.type.atomic && isObject(field.default)
  const inner = field?.type ?? childOf(type, name) ?? { form: 'any', name: '' }
  compareInto(
    inner,
    before ?? (standing && left ? {} : before),
    after ?? (standing && right ? {} : after),
    spot.at(`f:${name}`),
  )
}

function compareLists(type: StructuredList, before: unknown, after: unknown, spot: Spot): void {
  const left = index(type, before)
  const right = index(type, after)
  for (const [element, items] of right) compareItems(type, left.get(element) ?? [], items, spot.at(element))
  for (const [element, items] of left) if (!right.has(element)) compareItems(type, items, [], spot.at(element))
}

function compareItems(type: StructuredList, before: readonly unknown[], after: readonly unknown[], spot: Spot): void {
  if (before.length <= 1 && after.length <= 1) compareInto(type.element, before[0], after[0], spot)
  else if (before.length === 0) spot.insert('added')
  else if (after.length === 0) spot.insert('removed')
  // Duplicates cannot be told apart: they change as one.
  else if (!jsonEqual(before, after)) spot.insert('modified')
}

/** The items of a list by their path element, in order. */
export function index(type: StructuredList, value: unknown): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>()
  for (const item of Array.isArray(value) ? (value as unknown[]) : []) {
    const element = itemElement(type, item)
    const same = items.get(element)
    if (same) same.push(item)
    else items.set(element, [item])
  }
  return items
}

/** A copy of `value` without the members of `remove`; null where nothing remains. */
export function removeItems(type: StructuredType, value: unknown, remove: FieldSet): unknown {
  if (remove.children.size === 0) return value
  if (isGranularList(type) && Array.isArray(value)) {
    const kept: unknown[] = []
    for (const item of value as unknown[]) {
      const below = remove.children.get(itemElement(type, item)) ?? emptySet
      if (!below.member) kept.push(removeItems(type.element, item, below))
    }
    return kept.length > 0 ? kept : null
  }
  if (!isGranularMap(type, value)) return value
  const result: JsonObject = {}
  for (const name in value) {
    const below = remove.children.get(`f:${name}`) ?? emptySet
    if (below.member) continue
    const inner = childOf(type, name)
    result[name] = inner ? removeItems(inner, value[name], below) : value[name]
  }
  return isEmpty(result) ? null : result
}

/** Adds every struct field that has members below it: to remove all that is in a struct is to remove the struct. */
export function ensureNamedFields(type: StructuredType, set: FieldSet): FieldSet {
  if (set.children.size === 0) return set
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    const name = element.startsWith('f:') ? element.slice(2) : undefined
    const inner = name === undefined ? elementType(type) : (childOf(type, name) ?? elementType(type))
    const ensured = ensureNamedFields(inner, child)
    const named = name !== undefined && type.form === 'struct' && type.fields.has(name)
    children.set(element, named && !ensured.member ? new FieldSet(true, ensured.children) : ensured)
  }
  return new FieldSet(set.member, children)
}
