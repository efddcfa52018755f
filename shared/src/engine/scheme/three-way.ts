import { deepEqual } from '../../lang/deep-equal.ts'
import { withoutNulls } from '../health/without-nulls.ts'
import { keepKnown } from './keep-known.ts'
import { strategicThreeWay } from './strategic/three-way.ts'
import type { SchemeType, StructType } from './types.ts'

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
  if (!isFields(spec) || !isFields(said)) return live
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
  if (isFields(config)) {
    if (!isFields(live)) return added(config) ?? live
    return jsonThreeWay(isFields(original) ? original : {}, config, live)
  }
  if (!Array.isArray(config) || !Array.isArray(live)) return config
  if (deepEqual(config, live)) return live
  // Defaults inside the items of a list are no difference where the client never said them.
  return Array.isArray(original) && deepEqual(config, keepKnown(original, live)) ? live : config
}

/** What is new, without fields that are null; nothing where there is nothing else in it. An empty map is a value. */
function added(config: unknown): unknown {
  if (!isFields(config)) return withoutNulls(config)
  const entries = Object.entries(config)
  const kept = entries.map(([key, item]) => [key, item === null ? undefined : added(item)] as const)
  const said = kept.filter(([, item]) => item !== undefined)
  return said.length === 0 && entries.length > 0 ? undefined : Object.fromEntries(said)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
