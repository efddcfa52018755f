import { isObject } from '@flotilla/shared/lang/json'

type Fields = Record<string, unknown>

/**
 * A value as Argo CD's API stores it: what its types never leave out stands there, empty, where nobody said anything,
 * and what they leave out where it is empty is not there. The schema is that of the definition.
 */
export function withRequired<T>(schema: unknown, value: T): T {
  return fill(schema, value) as T
}

function fill(schema: unknown, value: unknown): unknown {
  if (!isObject(schema)) return value
  if (Array.isArray(value)) return value.map((item: unknown) => fill(schema['items'], item))
  if (!isObject(value)) return value
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const result: Fields = {}
  const required = (schema['required'] as string[] | undefined) ?? []
  for (const [name, item] of Object.entries(value)) {
    if (!required.includes(name) && isZero(properties[name], item)) continue
    result[name] = fill(properties[name] ?? schema['additionalProperties'], item)
  }
  for (const name of required) {
    const property = properties[name]
    if (result[name] !== undefined || !isObject(property)) continue
    if (property['type'] === 'string') result[name] = ''
    if (property['type'] === 'object') result[name] = fill(property, {})
  }
  return result
}

/** A text or list that says nothing is left out, unless the types always write it. */
function isZero(schema: unknown, value: unknown): boolean {
  if (!isObject(schema)) return false
  return (schema['type'] === 'string' && value === '') || (Array.isArray(value) && value.length === 0)
}
