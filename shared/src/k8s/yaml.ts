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
import { checkAliases } from './aliases.ts'
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

/** A document of a text as JSON has it, where nothing stands for another. */
function plain(document: unknown, text: string): unknown {
  // What is to stand for another is marked there, and named here.
  if (text.includes('&') && text.includes('*')) checkAliases(document)
  else if (isJson(document)) return document
  return toJson(document)
}

/** Whether all of a value is JSON as it stands. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isJson)
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) if (!isJson((value as Readonly<Record<string, unknown>>)[key])) return false
  return true
}

/** What YAML can say and JSON cannot becomes what kubectl makes of it: keys are strings, dates stay text. */
function toJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (value instanceof Set) return Object.fromEntries([...value].map((key) => [String(key), null]))
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`json: unsupported value: ${goNumber(value)}`)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map)
    return Object.fromEntries([...(value as Map<unknown, unknown>)].map(([key, item]) => [String(key), toJson(item)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
}

function goNumber(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/**
 * Reads the documents of a stream as kubectl does, one by one, so that what comes before a mistake is read: what stands
 * between lines of `---`, and of that the first document. Of a document that is none null is given.
 */
export function* readYamlStream(text: string): Generator {
  for (const part of partsOf(text)) yield readFirst(part)
}

const controls = /(?![\t\n\r\u0085])\p{Cc}/u

function* partsOf(text: string): Generator<string> {
  let start = 0
  for (const { index, 0: line, 1: rest = '' } of text.matchAll(/^---([^\n]*)\n?/gm)) {
    const said = rest.trim()
    const part = text.slice(start, index)
    if (said !== '' && !said.startsWith('#')) {
      // What stands before such a line is not looked at any more.
      throw new YamlError(`invalid Yaml document separator: ${said}`)
    }
    // With nothing in front of it the line belongs to what follows.
    if (part === '') continue
    yield part
    start = index + line.length
  }
  if (start < text.length) yield text.slice(start)
}

function readFirst(text: string): unknown {
  const fail = (problem: string, cause?: unknown): never => {
    throw new YamlError(`error converting YAML to JSON: ${problem}`, { cause })
  }
  if (controls.test(text)) return fail('yaml: control characters are not allowed')
  // A directive is to be followed by a document, from which a line of `---` has parted it.
  const directive = text.startsWith('%') ? goYamlProblem(text) : undefined
  if (directive !== undefined) return fail(`yaml: ${directive}`)
  try {
    const [first = null] = loadAll(text, options)
    return plain(first, text)
  } catch (error) {
    // What follows the first document is not read.
    const end = /\n(?=%|\.\.\.\s)/.exec(text)
    if (end && goYamlProblem(text) === undefined) return readFirst(text.slice(0, end.index + 1))
    const isOfJson = error instanceof Error && error.message.startsWith('json: ')
    return fail(isOfJson ? error.message : `yaml: ${problemOf(text, error)}`, error)
  }
}

/** Reads one document as kubectl does: YAML 1.1, the last of duplicate keys wins. */
export function parseYaml(text: string): unknown {
  try {
    // A text without a document, as of comments alone, is null.
    const [first = null, ...others] = loadAll(text, options)
    return plain(others.length === 0 ? first : load(text, options), text)
  } catch (error) {
    throw new YamlError(`error converting YAML to JSON: yaml: ${problemOf(text, error)}`, { cause: error })
  }
}

/** What is wrong with a text that cannot be read, in Go's words where Go would not read it either. */
function problemOf(text: string, error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  if (first.startsWith('cannot merge mappings')) return 'map merge requires map or sequence of maps as the value'
  return goYamlProblem(text) ?? first
}

/** Reads all documents of a stream; empty ones are left out. */
export function parseYamlDocuments(text: string): unknown[] {
  try {
    return (loadAll(text, options) as unknown[])
      .filter((document) => document !== null && document !== undefined)
      .map((document) => plain(document, text))
  } catch (error) {
    throw new YamlError(error instanceof Error ? error.message : String(error))
  }
}
