import {
  NOT_RESOLVED,
  YAML11_SCHEMA,
  floatCoreTag,
  floatYaml11Tag,
  intCoreTag,
  intYaml11Tag,
  load,
  loadAll,
  timestampTag,
} from 'js-yaml'
import { goYamlProblem } from './go-yaml/problem.ts'

/** Text that is no YAML. */
export class YamlError extends Error {}

/**
 * YAML 1.1 as Go's parser has it: no numbers to the base of sixty, times of day and dates stay text,
 * and the forms of YAML 1.2 (`0o17`, `1e3`) are numbers too.
 */
const schema = YAML11_SCHEMA.withTags(
  {
    ...intYaml11Tag,
    resolve(source, isExplicit, tagName) {
      if (source.includes(':')) return NOT_RESOLVED
      const result = intYaml11Tag.resolve(source, isExplicit, tagName)
      if (result !== NOT_RESOLVED) return result
      return source.startsWith('0') && !source.startsWith('0o')
        ? NOT_RESOLVED
        : intCoreTag.resolve(source, isExplicit, tagName)
    },
  },
  {
    ...floatYaml11Tag,
    resolve(source, isExplicit, tagName) {
      if (source.includes(':')) return NOT_RESOLVED
      const result = floatYaml11Tag.resolve(source, isExplicit, tagName)
      return result === NOT_RESOLVED ? floatCoreTag.resolve(source, isExplicit, tagName) : result
    },
  },
  {
    ...timestampTag,
    resolve: (source, isExplicit, tagName) =>
      isExplicit ? timestampTag.resolve(source, isExplicit, tagName) : NOT_RESOLVED,
  },
)

const options = { schema, json: true } as const

/** What YAML can say and JSON cannot becomes what kubectl makes of it: keys are strings, dates stay text. */
function toJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map)
    return Object.fromEntries([...(value as Map<unknown, unknown>)].map(([key, item]) => [String(key), toJson(item)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
}

/** Reads one document as kubectl does: YAML 1.1, the last of duplicate keys wins. */
export function parseYaml(text: string): unknown {
  try {
    // A text without a document, as of comments alone, is null.
    const [first = null, ...others] = loadAll(text, options)
    return toJson(others.length === 0 ? first : load(text, options))
  } catch (error) {
    throw new YamlError(`error converting YAML to JSON: yaml: ${problemOf(text, error)}`, { cause: error })
  }
}

/** What is wrong with a text that cannot be read, in Go's words where Go would not read it either. */
function problemOf(text: string, error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return goYamlProblem(text) ?? first
}

/** Reads all documents of a stream; empty ones are left out. */
export function parseYamlDocuments(text: string): unknown[] {
  try {
    return (loadAll(text, options) as unknown[])
      .filter((document) => document !== null && document !== undefined)
      .map(toJson)
  } catch (error) {
    throw new YamlError(error instanceof Error ? error.message : String(error))
  }
}
