/** A JSON value as CEL sees it: whole numbers are ints, objects are maps. */
export function toCel(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value !== 'object' || value === null) return value
  return new Map(
    Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, toCel(item)] as const])),
  )
}

/** Makes a value only when it is asked for: an object that no expression reads is not converted. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
