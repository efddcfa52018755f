import { isObject } from '../../lang/json.ts'

/** `live` without the map fields that `known` does not have; items of a list beyond those of `known` stay. */
export function keepKnown(known: unknown, live: unknown): unknown {
  if (Array.isArray(live)) {
    if (!Array.isArray(known)) return live
    return live.map((item: unknown, index) => (index < known.length ? keepKnown(known[index], item) : item))
  }
  if (!isObject(live) || !isObject(known)) return live
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(known)) {
    if (key in live) result[key] = keepKnown(known[key], live[key])
  }
  return result
}
