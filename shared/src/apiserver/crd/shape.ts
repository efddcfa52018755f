import { fieldsOf, isFields, type Fields } from '../validation/values.ts'

const systemFields = new Set(['apiVersion', 'kind', 'metadata'])

/** Removes what a schema does not know, and tells the paths; mutates `value`. */
export function prune(schema: Fields, value: unknown, path = '', root = true): string[] {
  if (Array.isArray(value)) {
    const items = schema['items']
    return isFields(items) ? value.flatMap((item, index) => prune(items, item, `${path}[${index}]`, false)) : []
  }
  if (!isFields(value)) return []
  const properties = fieldsOf(schema['properties'])
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  const embedded = root || schema['x-kubernetes-embedded-resource'] === true
  const found: string[] = []
  for (const name of Object.keys(value).sort()) {
    const at = path === '' ? name : `${path}.${name}`
    if (embedded && systemFields.has(name)) continue
    const property = properties[name] ?? schema['additionalProperties']
    if (isFields(property)) found.push(...prune(property, value[name], at, false))
    else if (property !== true && !open) {
      delete value[name]
      found.push(at)
    }
  }
  return found
}

/** Drops nulls that may not be, before defaults take their place; mutates `value`. */
export function dropNulls(schema: Fields, value: unknown): void {
  if (Array.isArray(value)) {
    const items = schema['items']
    if (isFields(items)) for (const item of value) dropNulls(items, item)
    return
  }
  if (!isFields(value)) return
  const properties = fieldsOf(schema['properties'])
  for (const [name, item] of Object.entries(value)) {
    const property = properties[name] ?? schema['additionalProperties']
    if (!isFields(property)) continue
    if (
      item === null &&
      property['nullable'] !== true &&
      name in properties &&
      property['x-kubernetes-preserve-unknown-fields'] !== true
    )
      delete value[name]
    else dropNulls(property, item)
  }
}

/** Puts defaults where nothing stands, within what stands already; mutates `value`. */
export function applyDefaults(schema: Fields, value: unknown): void {
  if (Array.isArray(value)) {
    const items = schema['items']
    if (isFields(items)) for (const item of value) applyDefaults(items, item)
    return
  }
  if (!isFields(value)) return
  const properties = fieldsOf(schema['properties'])
  for (const [name, property] of Object.entries(properties)) {
    if (!isFields(property)) continue
    if (value[name] === undefined && property['default'] !== undefined)
      value[name] = structuredClone(property['default'])
    if (value[name] === null && property['nullable'] !== true && property['default'] !== undefined)
      value[name] = structuredClone(property['default'])
    applyDefaults(property, value[name])
  }
  const rest = schema['additionalProperties']
  if (isFields(rest))
    for (const [name, item] of Object.entries(value)) if (!(name in properties)) applyDefaults(rest, item)
}

/** Whether there is nothing to prune, and no default to fill in. */
export function isShaped(schema: Fields, value: unknown, root = true): boolean {
  if (Array.isArray(value)) {
    const items = schema['items']
    return !isFields(items) || value.every((item) => isShaped(items, item, false))
  }
  if (!isFields(value)) return true
  const properties = fieldsOf(schema['properties'])
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  const embedded = root || schema['x-kubernetes-embedded-resource'] === true
  for (const name in properties)
    if ((value[name] ?? undefined) === undefined && fieldsOf(properties[name])['default'] !== undefined) return false
  for (const name in value) {
    if (embedded && systemFields.has(name)) continue
    const property = properties[name] ?? schema['additionalProperties']
    if (isFields(property) ? !isShaped(property, value[name], false) : property !== true && !open) return false
  }
  return true
}
