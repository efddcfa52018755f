type Json = Record<string, unknown>

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0)

/** Fills what `template` leaves empty from `base`, as a generator's own template is filled from the set's. */
export function fillIn<T extends object>(template: T, base: T): T {
  const out: Json = { ...(template as Json) }
  for (const [key, value] of Object.entries(base as Json)) {
    const own = out[key]
    if (isMap(own) && isMap(value)) out[key] = fillIn(own, value)
    else if (isEmpty(own)) out[key] = value
  }
  return out as T
}
