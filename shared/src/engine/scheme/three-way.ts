import { deepEqual } from '../../lang/deep-equal.ts'
import { withoutNulls } from '../health/without-nulls.ts'
import { keepKnown } from './keep-known.ts'
import type { SchemeField, SchemeType } from './types.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * What `live` will be once `config` is applied by a client that last applied `original`: kubectl's strategic merge where
 * the type is known, JSON merge where it is not. Fields that only the live object has stay.
 */
export function mergeThreeWay(original: Fields, config: Fields, live: Fields, type: SchemeType | undefined): Fields {
  let result: Record<string, unknown> | undefined
  const set = (key: string, value: unknown): void => {
    if (value === live[key] && (value !== undefined || !(key in live))) return
    result ??= { ...live }
    if (value === undefined) delete result[key]
    else result[key] = value
  }
  for (const key of Object.keys(config)) {
    // Of what a client never applied it knows nothing: its null takes away whatever is there.
    const unknown = !type && config[key] === null && !(key in original)
    set(key, unknown ? undefined : mergeValue(original[key], config[key], live[key], fieldOf(type, key)))
  }
  if (original === config) return result ?? live
  for (const key of Object.keys(original)) {
    if (!(key in config) || (!type && config[key] === null && original[key] !== null)) set(key, undefined)
  }
  return result ?? live
}

function mergeValue(original: unknown, config: unknown, live: unknown, field: Child | undefined): unknown {
  if (config === undefined || (config === null && !field)) return live
  // A null that the live object has as well stays; any other value it takes away.
  if (config === null) return live === null ? null : undefined
  if (isFields(config)) {
    if (!isFields(live)) return field ? config : withoutNulls(config)
    if (field?.replace) return deepEqual(config, live) ? live : config
    const base = field?.retainKeys ? keepKeys(live, config) : live
    return mergeThreeWay(isFields(original) ? original : {}, config, base, field?.type)
  }
  if (!Array.isArray(config) || !Array.isArray(live)) return config
  if (field?.merge) {
    const before = Array.isArray(original) ? original : []
    return field.mergeKey === undefined
      ? mergePrimitives(before, config, live)
      : mergeByKey(before, config, live, field.mergeKey, field)
  }
  if (deepEqual(config, live)) return live
  const loose = !field || field.loose
  // Defaults inside the items of a list are no difference where the client never said them.
  return loose && Array.isArray(original) && deepEqual(config, keepKnown(original, live)) ? live : config
}

/** A field of a struct, or the items of a map, as the merge sees them. */
type Child = Omit<SchemeField, 'always' | 'pointer'>

const plain = { merge: false, retainKeys: false, replace: false, loose: false } as const
const scalarItem: Child = { ...plain, type: { form: 'scalar', scalar: 'raw' } }

function fieldOf(type: SchemeType | undefined, key: string): Child | undefined {
  if (!type) return undefined
  if (type.form === 'struct') return type.fields.get(key)
  if (type.form !== 'map') return undefined
  return type.of.form === 'scalar' ? scalarItem : { ...plain, type: type.of }
}

function mergeByKey(
  original: readonly unknown[],
  config: readonly unknown[],
  live: readonly unknown[],
  mergeKey: string,
  field: Child,
): readonly unknown[] {
  const item = field.type.form === 'list' ? field.type.of : undefined
  const keyOf = (value: unknown): unknown => (isFields(value) ? value[mergeKey] : value)
  const waiting = byKey(live, keyOf)
  const before = byKey(original, keyOf)
  const wanted = new Set(config.map(keyOf))
  const taken = new Set<unknown>()
  const places = new Map<unknown, number>()
  const merged: unknown[] = []
  for (const entry of config) {
    const key = keyOf(entry)
    const place = places.get(key)
    const found = waiting.get(key)?.shift()
    if (found === undefined && place !== undefined && isFields(entry)) {
      // An item that is there twice is written over the first.
      merged[place] = mergeThreeWay({}, entry, merged[place] as Fields, item)
      continue
    }
    places.set(key, merged.length)
    if (found !== undefined) taken.add(found)
    if (!isFields(entry) || !isFields(found)) {
      merged.push(entry)
      continue
    }
    const last = before.get(key)?.shift()
    const base = field.retainKeys ? keepKeys(found, entry) : found
    merged.push(mergeThreeWay(isFields(last) ? last : {}, entry, base, item))
  }
  const removed = new Set(original.map(keyOf).filter((key) => !wanted.has(key)))
  const others = live.filter((entry) => !taken.has(entry) && !removed.has(keyOf(entry)))
  return interleave(others, merged, live, keyOf)
}

function mergePrimitives(
  original: readonly unknown[],
  config: readonly unknown[],
  live: readonly unknown[],
): readonly unknown[] {
  const removed = new Set(original.filter((value) => !config.includes(value)))
  const others = live.filter((value) => !config.includes(value) && !removed.has(value))
  return interleave(others, config, live, (value) => value)
}

/** What only the server has, put between what the client wants where the server had it, as far as that can be. */
function interleave(
  others: readonly unknown[],
  wanted: readonly unknown[],
  live: readonly unknown[],
  keyOf: (value: unknown) => unknown,
): readonly unknown[] {
  const order = live.map(keyOf)
  const result: unknown[] = []
  let next = 0
  for (const entry of wanted) {
    const place = order.indexOf(keyOf(entry))
    while (next < others.length && place >= 0 && order.indexOf(keyOf(others[next])) < place) result.push(others[next++])
    result.push(entry)
  }
  const all = [...result, ...others.slice(next)]
  return live.length === all.length && all.every((item, index) => item === live[index]) ? live : all
}

function byKey(values: readonly unknown[], keyOf: (value: unknown) => unknown): Map<unknown, unknown[]> {
  const found = new Map<unknown, unknown[]>()
  for (const value of values) {
    const list = found.get(keyOf(value))
    if (list) list.push(value)
    else found.set(keyOf(value), [value])
  }
  return found
}

function keepKeys(live: Fields, config: Fields): Fields {
  const kept = Object.entries(live).filter(([key]) => key in config && config[key] !== null)
  return kept.length === Object.keys(live).length ? live : Object.fromEntries(kept)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
