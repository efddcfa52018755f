import { deepEqual } from '../../lang/deep-equal.ts'
import { withoutNulls } from '../health/without-nulls.ts'
import { keepKnown } from './keep-known.ts'
import { strategicThreeWay } from '../../k8s/strategic/three-way.ts'
import type { SchemeType, StructType } from './types.ts'
import { isObject } from '../../lang/json.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * What `live` will be once `config` is applied by a client that last applied `original`: kubectl's strategic merge where
 * the type is known, JSON merge where it is not. Fields that only the live object has stay.
 */
export function mergeThreeWay(original: Fields, config: Fields, live: Fields, type: StructType | undefined): Fields {
  if (!type) return jsonThreeWay(original, config, live)
  return strategicThreeWay(original, config, live, type, withoutFilledTemplates(original, live, type))
}

/** Servers fill the templates of a StatefulSet's claims with defaults that no later write can change. */
function withoutFilledTemplates(original: Fields, live: Fields, type: SchemeType & { readonly name: string }): Fields {
  if (!type.name.endsWith('.StatefulSet')) return live
  const spec = live['spec']
  const said = original['spec']
  if (!isObject(spec) || !isObject(said)) return live
  const templates = spec['volumeClaimTemplates']
  const known = said['volumeClaimTemplates']
  if (!Array.isArray(templates) || !Array.isArray(known)) return live
  return { ...live, spec: { ...spec, volumeClaimTemplates: keepKnown(known, templates) } }
}

function jsonThreeWay(original: Fields, config: Fields, live: Fields): Fields {
  let result: Record<string, unknown> | undefined
  const set = (key: string, value: unknown): void => {
    if (value === live[key] && (value !== undefined || !(key in live))) return
    result ??= { ...live }
    if (value === undefined) delete result[key]
    else result[key] = value
  }
  for (const key of Object.keys(config)) {
    // Of what a client never applied it knows nothing: its null takes away whatever is there.
    const unknown = config[key] === null && !(key in original)
    set(key, unknown ? undefined : jsonValue(original[key], config[key], live[key]))
  }
  if (original === config) return result ?? live
  for (const key of Object.keys(original)) {
    if (!(key in config) || (config[key] === null && original[key] !== null)) set(key, undefined)
  }
  return result ?? live
}

function jsonValue(original: unknown, config: unknown, live: unknown): unknown {
  if (config === undefined || config === null) return live
  if (isObject(config)) {
    if (!isObject(live)) return added(original, config) ?? live
    return jsonThreeWay(isObject(original) ? original : {}, config, live)
  }
  if (!Array.isArray(config) || isObject(live)) return config
  if (deepEqual(config, live)) return live
  // Defaults inside the items of a list are no difference where the client never said them.
  const isKept = Array.isArray(live) && Array.isArray(original) && deepEqual(config, keepKnown(original, live))
  return isKept ? live : withoutNulls(config)
}

/**
 * What is new, without fields that are null. Where nothing else is in it, it is nothing, but for a null that was not
 * applied before: that leaves an empty map, which is a value.
 */
function added(original: unknown, config: unknown): unknown {
  if (!isObject(config)) return withoutNulls(config)
  const before = isObject(original) ? original : undefined
  const kept: Record<string, unknown> = {}
  let counts = true
  for (const key in config) {
    counts = false
    if (config[key] === null) continue
    const value = added(before?.[key], config[key])
    if (value !== undefined) kept[key] = value
  }
  for (const _ in kept) counts = true
  const isNew = (key: string): boolean => config[key] === null && before?.[key] !== null
  return counts || (original !== config && Object.keys(config).some(isNew)) ? kept : undefined
}
