import { annotation, fieldManager } from '../argo/annotations.ts'
import type { KubeObject } from '../k8s/object.ts'
import { deepEqual } from '../lang/deep-equal.ts'
import { findItem, keysOf, ownedEntry } from './managed-fields.ts'
import { takesDefaults } from './scheme/defaults.ts'
import { isLeftOut } from './scheme/remarshal.ts'
import { encodeScalar, NotOfType } from './scheme/scalars.ts'
import { schemeType, type SchemeField, type SchemeType } from './scheme/types.ts'
import { isObject } from '../lang/json.ts'

type Fields = Readonly<Record<string, unknown>>

const special: ReadonlySet<string> = new Set(['Secret', 'Endpoints', 'Role', 'ClusterRole'])

/** Whether normalisation does more to objects of a kind than to write them as their type does. */
export function normalizedSpecially(kind: string): boolean {
  return special.has(kind)
}

/**
 * Whether it is plain to see that an object of a known type is as it is wanted: all that is wanted is there letter by
 * letter, in the form that its type writes, and nothing was applied that is wanted no more. A merge could only say the
 * same. False means that it has to be looked at properly.
 */
export function isUpheld(target: KubeObject, live: KubeObject): boolean {
  const type = schemeType(target.apiVersion, target.kind)
  if (!type || special.has(target.kind) || 'status' in target) return false
  try {
    if (!covers(target, live, type)) return false
    const said = { defaults: false }
    // What was left to a default is only as wanted where the default is filled in again.
    return appliesNoMore(target, live, said) && (!said.defaults || takesDefaults(live))
  } catch (error) {
    if (error instanceof NotOfType) return false
    throw error
  }
}

/** No field that was applied last is missing from what is wanted. */
function appliesNoMore(target: KubeObject, live: KubeObject, said: Said): boolean {
  const entry = ownedEntry(live, fieldManager)
  if (entry) return holdsOwned(target, live, entry, said)
  return live.metadata.annotations?.[annotation.lastApplied] === undefined
}

/** Whether `live` has each value of `wanted`, which its type would write as it stands. */
function covers(wanted: unknown, live: unknown, type: SchemeType): boolean {
  switch (type.form) {
    case 'struct': {
      if (!isObject(wanted) || !isObject(live)) return false
      for (const key in wanted) {
        const field = type.fields.get(key)
        if (!field || !coversField(wanted[key], live[key], field)) return false
      }
      return true
    }
    case 'map': {
      if (!isObject(wanted) || !isObject(live)) return false
      for (const key in wanted) if (!covers(wanted[key], live[key], type.of)) return false
      return true
    }
    case 'list':
      return sameList(wanted, live, type.of)
    default:
      return wanted === live && wanted !== null && wanted !== undefined && encodeScalar(wanted, type.scalar) === wanted
  }
}

function coversField(wanted: unknown, live: unknown, field: SchemeField): boolean {
  if (wanted === null || wanted === undefined || (!field.always && isLeftOut(wanted, field))) return false
  const { type } = field
  if (type.form === 'list') {
    if (!field.merge || field.mergeKey === undefined) return sameList(wanted, live, type.of)
    return coversItems(wanted, live, field, field.mergeKey)
  }
  if (field.replace && !deepEqual(wanted, live)) return false
  if (field.retainKeys && !hasKeysOf(wanted, live)) return false
  return covers(wanted, live, type)
}

/** Lists that are written as a whole. */
function sameList(wanted: unknown, live: unknown, item: SchemeType): boolean {
  if (!Array.isArray(wanted) || !Array.isArray(live) || !deepEqual(wanted, live)) return false
  return wanted.every((entry) => covers(entry, entry, item))
}

/** Lists that merge by a key: the same items in the same order, each with what is wanted of it. */
function coversItems(wanted: unknown, live: unknown, field: SchemeField, mergeKey: string): boolean {
  if (!Array.isArray(wanted) || !Array.isArray(live) || wanted.length !== live.length) return false
  if (field.type.form !== 'list') return false
  const keys = new Set<unknown>()
  for (let index = 0; index < wanted.length; index++) {
    const entry: unknown = wanted[index]
    if (!isObject(entry) || !covers(entry, live[index], field.type.of)) return false
    if (field.retainKeys && !hasKeysOf(entry, live[index])) return false
    keys.add(entry[mergeKey])
  }
  return keys.size === wanted.length && !keys.has(undefined)
}

/** Whether every key of `live` is wanted. */
function hasKeysOf(wanted: unknown, live: unknown): boolean {
  if (!isObject(wanted) || !isObject(live)) return false
  for (const key in live) if (!(key in wanted)) return false
  return true
}

/** Whether what a set of owned fields names in `live` is wanted still. */
function holdsOwned(wanted: unknown, live: unknown, set: Fields, said: Said): boolean {
  let leaf = true
  for (const name in set) {
    if (name === '.') continue
    leaf = false
    const below = set[name]
    const inner = isObject(below) ? below : none
    if (Array.isArray(live)) {
      const item = findItem(live, name)
      if (item === undefined) continue
      const there = Array.isArray(wanted) ? findItem(wanted, name) : undefined
      if (there === undefined || !saysKeys(there, name, said) || !holdsOwned(there, item, inner, said)) return false
    } else if (isObject(live) && name.startsWith('f:')) {
      const key = name.slice(2)
      if (!(key in live)) continue
      if (!isObject(wanted) || !(key in wanted) || !holdsOwned(wanted[key], live[key], inner, said)) return false
    } else return false
  }
  return !leaf || deepEqual(wanted, live)
}

/** Whether an item says all keys that name it; of a port's protocol alone the default is known. */
function saysKeys(item: unknown, name: string, said: Said): boolean {
  for (const [key, value] of Object.entries(keysOf(name))) {
    if (isObject(item) && key in item) continue
    if (key !== 'protocol' || value !== 'TCP') return false
    said.defaults = true
  }
  return true
}

/** What was found on the way: something is left to its default. */
interface Said {
  defaults: boolean
}

const none: Fields = {}
