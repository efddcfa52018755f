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
