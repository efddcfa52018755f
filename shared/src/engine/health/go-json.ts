/** What Go's decoder of JSON does where a value is not what its target is. */

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The complaint about a value of another type than its target, as `value of type x` or `struct field x.y of type z`. */
export function wrongType(value: unknown, target: string): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go ${target}`
}

/** How Go calls the type of a value. */
export function jsonType(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Go finds the fields of JSON whatever their case. */
export function withLowerCaseNames(value: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]))
}
