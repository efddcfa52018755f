import type { KubeObject } from '../k8s/object.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import { pointerSteps, removeSteps } from './remove-pointer.ts'
import { isObject } from '../lang/json.ts'
import { childOf, elementType, isAtomic, type StructuredType } from '../k8s/structured/type.ts'

/** A set of fields as `managedFields` writes it: `f:` fields, `k:` items by their keys, `v:` items by their value. */
type FieldSet = Readonly<Record<string, unknown>>

/** What a manager owns by server-side apply; undefined where it never applied. */
export function ownedEntry(live: KubeObject, manager: string): FieldSet | undefined {
  return live.metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  )?.fieldsV1
}

/** What is known of how a value was applied, for what a set cannot tell. */
export interface AppliedHint {
  /** The value as it was applied, or as it is wanted now. */
  readonly wanted: unknown
  /** Whether servers fill fields into maps and lists that are owned whole: they do where a schema has defaults. */
  readonly filled: boolean
  /** How the value is owned, where that is known. */
  readonly type?: StructuredType | undefined
}

/**
 * The part of a value that a set names. What is owned whole, the set does not look into: there the hint says what was
 * applied. A map or list that was empty when it was applied looks the same, but where it can only be owned whole.
 */
export function ownedPart(value: unknown, set: FieldSet, hint?: AppliedHint): unknown {
  const names = members(set)
  const { wanted, filled, type } = hint ?? {}
  if (names.length === 0) {
    const inside = filled && typeof wanted === 'object' && wanted !== null && typeof value === 'object'
    return inside || (isEmpty(wanted) && !isAtomic(type)) ? wanted : value
  }
  const below = (there: unknown, inner: StructuredType | undefined): AppliedHint | undefined =>
    hint && { ...hint, wanted: there, type: inner }
  if (Array.isArray(value)) {
    const inner = type && elementType(type)
    const parts = names.flatMap((name) => {
      const index = placeOf(value, name)
      if (index < 0) return []
      const item: unknown = value[index]
      const there = Array.isArray(wanted) ? (wanted as unknown[])[placeOf(wanted, name)] : undefined
      const part = ownedPart(item, subset(set, name), below(there, inner))
      return [{ index, part: isObject(part) ? { ...keysSaid(name, filled ? there : undefined), ...part } : part }]
    })
    // A set has its own order.
    return parts.toSorted((a, b) => a.index - b.index).map(({ part }) => part)
  }
  if (!isObject(value)) return value
  const part: Record<string, unknown> = {}
  for (const name of names) {
    const key = name.slice(2)
    if (!name.startsWith('f:') || !(key in value)) continue
    const there = isObject(wanted) ? wanted[key] : undefined
    part[key] = ownedPart(value[key], subset(set, name), below(there, type && childOf(type, key)))
  }
  return part
}

/** The keys that name an item, without those that it leaves to a server's defaults. */
function keysSaid(name: string, item: unknown): Record<string, unknown> {
  const keys = keysOf(name)
  if (!isObject(item)) return keys
  return Object.fromEntries(Object.entries(keys).filter(([key]) => key in item))
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

/**
 * Both without the fields of certain managers whose values differ: what a controller decides is no drift. Where the
 * types are not known to anybody (`untyped`) lists are values, and maps are not.
 */
export function withoutManaged(
  live: KubeObject,
  target: KubeObject,
  managers: readonly string[],
  untyped = false,
): { live: KubeObject; target: KubeObject } {
  let pair = { live, target }
  for (const entry of live.metadata.managedFields ?? []) {
    if (!entry.manager || !managers.includes(entry.manager) || !entry.fieldsV1) continue
    for (const [left, right] of differing(pair.live, pair.target, entry.fieldsV1, { untyped })) {
      pair = {
        live: withoutField(pair.live, left),
        target: withoutField(pair.target, right),
      }
    }
  }
  return pair
}

/** A map that loses its last field this way is null. */
function withoutField(object: KubeObject, pointer: string): KubeObject {
  const steps = pointerSteps(pointer) ?? []
  const result = removeSteps(object, steps)
  return nullWhereEmpty(result, steps.slice(0, -1), 0) as KubeObject
}

function nullWhereEmpty(value: unknown, steps: readonly string[], depth: number): unknown {
  const step = steps[depth]
  if (step === undefined) return isObject(value) && Object.keys(value).length === 0 ? null : value
  if (Array.isArray(value)) {
    const place = Number(step)
    const next = nullWhereEmpty(value[place], steps, depth + 1)
    return next === value[place] ? value : value.with(place, next)
  }
  if (!isObject(value)) return value
  const next = nullWhereEmpty(value[step], steps, depth + 1)
  return next === value[step] ? value : { ...value, [step]: next }
}

interface Way {
  readonly untyped: boolean
  /** Pointers to where we are. */
  readonly left?: string
  readonly right?: string
}

/** Pointers into live and target to the fields of a set that both have with different values; the last ones first. */
function differing(live: unknown, target: unknown, set: FieldSet, way: Way): [string, string][] {
  const { untyped, left = '', right = '' } = way
  const names = members(set)
  if (names.length === 0) {
    const whole = !(untyped && isObject(live) && isObject(target))
    return !whole || deepEqual(live, target) ? [] : [[left, right]]
  }
  return names
    .flatMap((name): [string, string][] => {
      const a = stepTo(live, name, untyped)
      const b = stepTo(target, name, untyped)
      if (!a || !b) return []
      const below = { untyped, left: `${left}/${a.step}`, right: `${right}/${b.step}` }
      return differing(a.value, b.value, subset(set, name), below)
    })
    .toReversed()
}

function stepTo(value: unknown, name: string, untyped: boolean): { step: string; value: unknown } | undefined {
  if (Array.isArray(value)) {
    const index = untyped ? -1 : placeOf(value, name)
    return index < 0 ? undefined : { step: String(index), value: value[index] }
  }
  const key = name.slice(2)
  if (!isObject(value) || !name.startsWith('f:') || !(key in value)) return undefined
  return { step: key.replaceAll('~', '~0').replaceAll('/', '~1'), value: value[key] }
}

/** The item of a list that a `k:` or `v:` member names. */
export function findItem(list: readonly unknown[], name: string): unknown {
  const index = placeOf(list, name)
  return index < 0 ? undefined : list[index]
}

/** Where a `k:` or `v:` member stands in a list. A key that the item leaves to its default is passed over. */
function placeOf(list: readonly unknown[], name: string): number {
  if (name.startsWith('v:')) {
    const wanted: unknown = JSON.parse(name.slice(2))
    return list.findIndex((item) => deepEqual(item, wanted))
  }
  const keys = Object.entries(keysOf(name))
  return list.findIndex(
    (item) =>
      isObject(item) &&
      keys.some(([key]) => key in item) &&
      keys.every(([key, value]) => !(key in item) || item[key] === value),
  )
}

/** The keys that a `k:` member names. */
export function keysOf(name: string): Record<string, unknown> {
  return name.startsWith('k:') ? (JSON.parse(name.slice(2)) as Record<string, unknown>) : {}
}

function members(set: FieldSet): string[] {
  return Object.keys(set).filter((name) => name !== '.')
}

function subset(set: FieldSet, name: string): FieldSet {
  const child = set[name]
  return isObject(child) ? child : {}
}
