import type { TSchema } from 'typebox'

type Fields = Record<string, unknown>

/** A schema of ours as the definition of a custom resource has it: structural, and open where ours is open. */
export function toOpenApi(schema: TSchema): Fields {
  const given = schema as unknown as Fields
  const { type } = given
  if (Array.isArray(given['enum'])) return { type: 'string', enum: given['enum'] }
  if (type === 'integer') return { type, format: 'int64' }
  if (type === 'string' || type === 'boolean' || type === 'number') return { type, ...limits(given) }
  if (type === 'array') return { type, items: toOpenApi(given['items'] as TSchema) }
  if (type !== 'object') return { 'x-kubernetes-preserve-unknown-fields': true }
  const patterns = Object.values((given['patternProperties'] ?? {}) as Record<string, TSchema>)
  const [values] = patterns
  if (values) {
    const inner = toOpenApi(values)
    return 'type' in inner ? { type, additionalProperties: inner } : { type, ...inner }
  }
  const properties = Object.entries((given['properties'] ?? {}) as Record<string, TSchema>)
  const required = (given['required'] ?? []) as string[]
  return {
    type,
    ...(given['additionalProperties'] === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(required.length > 0 ? { required: required.toSorted() } : {}),
    ...(properties.length > 0
      ? { properties: Object.fromEntries(properties.map(([name, property]) => [name, toOpenApi(property)])) }
      : {}),
  }
}

/** The same without room for fields that it does not name: they are told to whoever writes them, and not kept. */
export function closed(schema: Fields): Fields {
  const { 'x-kubernetes-preserve-unknown-fields': open, ...rest } = schema
  const kept = rest['properties'] === undefined && open !== undefined ? schema : rest
  return Object.fromEntries(
    Object.entries(kept).map(([key, value]) => {
      if (key === 'items') return [key, closed(value as Fields)]
      if (key !== 'properties') return [key, value]
      return [
        key,
        Object.fromEntries(Object.entries(value as Fields).map(([name, one]) => [name, closed(one as Fields)])),
      ]
    }),
  )
}

function limits(schema: Fields): Fields {
  const kept = ['maxLength', 'minLength', 'pattern', 'format'].filter((key) => schema[key] !== undefined)
  return Object.fromEntries(kept.map((key) => [key, schema[key]]))
}
