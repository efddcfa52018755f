/** The value without what a JSON pointer names; where it names nothing, the value itself. Copies only the path. */
export function removePointer(value: unknown, pointer: string): unknown {
  const steps = pointerSteps(pointer)
  return steps ? removeSteps(value, steps) : value
}

/** The steps of a JSON pointer; undefined where it is none. */
export function pointerSteps(pointer: string): readonly string[] | undefined {
  // What stands before the first slash is not looked at.
  const [, ...steps] = pointer.split('/')
  if (steps.length === 0) return undefined
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** As {@link removePointer}, for a pointer that many values are held against. */
export function removeSteps(value: unknown, steps: readonly string[]): unknown {
  return remove(value, steps, 0)
}

function remove(value: unknown, steps: readonly string[], depth: number): unknown {
  const step = steps[depth] ?? ''
  const last = depth === steps.length - 1
  if (Array.isArray(value)) {
    const index = /^[+-]?\d+$/.test(step) ? Number(step) : Number.NaN
    const place = index < 0 ? value.length + index : index
    if (!(place in value)) return value
    if (last) return value.toSpliced(place, 1)
    const next = remove(value[place], steps, depth + 1)
    return next === value[place] ? value : value.with(place, next)
  }
  if (typeof value !== 'object' || value === null || !(step in value)) return value
  const fields = value as Record<string, unknown>
  if (last) {
    const { [step]: _, ...rest } = fields
    return rest
  }
  const next = remove(fields[step], steps, depth + 1)
  return next === fields[step] ? value : { ...fields, [step]: next }
}
