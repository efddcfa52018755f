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

function limits(schema: Fields): Fields {
  const kept = ['maxLength', 'minLength', 'pattern', 'format'].filter((key) => schema[key] !== undefined)
  return Object.fromEntries(kept.map((key) => [key, schema[key]]))
}
