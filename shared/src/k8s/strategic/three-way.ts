import type { MergeType } from './merge-type.ts'
import { applyPatch } from './apply-patch.ts'
import { StrategicError, type Fields } from './lookup.ts'
import { makePatch } from './make-patch.ts'

/**
 * What `live` will be once `config` is applied by a client that last applied `original`, merged as the type says. Fields
 * that only the live object has stay. `stripped` is the live object as the patch is to see it, where that is another.
 * Throws {@link StrategicError} where the objects cannot be merged.
 */
export function strategicThreeWay(
  original: Fields,
  config: Fields,
  live: Fields,
  type: MergeType,
  stripped: Fields = live,
): Fields {
  const patch = inWords('failed to construct thre way merge patch', () => {
    const delta = makePatch(stripped, config, type, { changes: true, deletions: false })
    const deletions = makePatch(original, config, type, { changes: false, deletions: true })
    return applyPatch(deletions, delta, type, true)
  })
  return inWords('failed to construct strategic merge patch', () => applyPatch(live, patch, type))
}

/** Errors of merging, with what was tried in front. */
export function inWords<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof StrategicError) throw new StrategicError(`${what}: ${error.message}`)
    throw error
  }
}
