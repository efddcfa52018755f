import { deepEqual } from '../lang/deep-equal.ts'
import type { JsonObject } from '../lang/json.ts'
import { isObject } from '../lang/json.ts'

/** RFC 7386: objects are merged, null removes, all else replaces. The target is not changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const key in patch) {
    const value = patch[key]
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** The merge patch that makes `to` of `from`; lists are replaced whole. Undefined where they are alike. */
export function diffPatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return deepEqual(from, to) ? undefined : to
  const patch: JsonObject = {}
  for (const key of Object.keys(from)) if (!(key in to) || to[key] === undefined) patch[key] = null
  for (const [key, value] of Object.entries(to)) {
    const inner = value === undefined ? undefined : key in from ? diffPatch(from[key], value) : value
    if (inner !== undefined) patch[key] = inner
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}
