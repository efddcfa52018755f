import { isCelList, isCelMap, isCelUint } from '@bufbuild/cel'

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

/** A value of CEL as JSON. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (isCelUint(value)) return Number(value.value)
  if (isCelList(value)) return [...value].map(fromCel)
  if (isCelMap(value) || value instanceof Map)
    return Object.fromEntries([...(value as Iterable<[string, unknown]>)].map(([key, item]) => [key, fromCel(item)]))
  return Array.isArray(value) ? value.map(fromCel) : value
}
