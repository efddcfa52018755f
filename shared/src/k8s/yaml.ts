import { YAML11_SCHEMA, load, loadAll } from 'js-yaml'

/** Text that is no YAML. */
export class YamlError extends Error {}

const options = { schema: YAML11_SCHEMA, json: true } as const

/** What YAML can say and JSON cannot becomes what kubectl makes of it: keys are strings, dates stay text. */
function toJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map) return Object.fromEntries([...(value as Map<unknown, unknown>)].map(([key, item]) => [String(key), toJson(item)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
}

/** Reads one document as kubectl does: YAML 1.1, the last of duplicate keys wins. */
export function parseYaml(text: string): unknown {
  try {
    return toJson(load(text, options))
  } catch (error) {
    throw new YamlError(error instanceof Error ? error.message : String(error))
  }
}

/** Reads all documents of a stream; empty ones are left out. */
export function parseYamlDocuments(text: string): unknown[] {
  try {
    return (loadAll(text, options) as unknown[]).filter((document) => document !== null && document !== undefined).map(toJson)
  } catch (error) {
    throw new YamlError(error instanceof Error ? error.message : String(error))
  }
}
