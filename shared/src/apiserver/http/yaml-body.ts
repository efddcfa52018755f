import { EVENT_ID, getScalarValue, parseEvents } from 'js-yaml'
import { duplicateFields } from '../../k8s/duplicate-fields.ts'
import { goYamlProblem } from '../../k8s/go-yaml/problem.ts'
import { parseYamlDocuments } from '../../k8s/yaml.ts'

/** Text that is no YAML, in the words of the server's own parser. */
export class YamlBodyError extends Error {}

export interface YamlBody {
  /** The first document; nothing for a body without any. */
  readonly value: unknown
  /** Keys that it says more than once, as the server's strict parser tells of them. */
  readonly duplicates: readonly string[]
}

/** Throws a `YamlBodyError` for text that is no YAML. */
export function readYamlBody(text: string): YamlBody {
  const json = plainJson(text)
  if (json !== undefined) return { value: json, duplicates: [] }
  return { value: parseYamlBody(text), duplicates: yamlDuplicates(text) }
}

/** The first document of a body; nothing for one without any. */
export function parseYamlBody(text: string): unknown {
  try {
    return parseYamlDocuments(firstDocument(text))[0]
  } catch (error) {
    throw new YamlBodyError(`yaml: ${complaintOf(text)}`, { cause: error })
  }
}

/** JSON is YAML, and most programs send that: read as JSON it costs a tenth. Nothing for what only YAML's rules tell of. */
function plainJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return duplicateFields(text, value).length === 0 ? value : undefined
  } catch {
    return undefined
  }
}

/** Bodies end where a second document begins. */
function firstDocument(text: string): string {
  const next = /^---(\s|$)/m
  const start = /^(\s*|\s*#.*\n|%.*\n)*---(\s|$)/.exec(text)?.[0].length ?? 0
  const end = text.slice(start).search(next)
  return end < 0 ? text : text.slice(0, start + end)
}

/** Why the text is no YAML. */
function complaintOf(text: string): string {
  return goYamlProblem(text) ?? 'unknown problem parsing YAML content'
}

/** Keys that the first document says more than once, as the server's strict parser tells of them; none for text that is no YAML. */
function yamlDuplicates(text: string): string[] {
  const source = firstDocument(text)
  try {
    return new DuplicateFinder(source).find()
  } catch {
    return []
  }
}

interface Frame {
  /** Of a map: the keys seen. */
  readonly keys: Set<string> | undefined
  key: string | undefined
  /** Where the value of the key begins. */
  line: number
}

class DuplicateFinder {
  readonly #text: string
  readonly #found: string[] = []
  readonly #open: Frame[] = []

  constructor(text: string) {
    this.#text = text
  }

  find(): string[] {
    for (const event of parseEvents(this.#text, {})) {
      if (event.type === EVENT_ID.POP) this.#closed()
      else if (event.type === EVENT_ID.SCALAR)
        this.#node(event.valueStart, getScalarValue(this.#text, event), event.style !== 1)
      else if (event.type === EVENT_ID.ALIAS) this.#node(event.anchorStart, undefined, false)
      else {
        const start = event.type === EVENT_ID.DOCUMENT ? 0 : event.start
        this.#begins(start)
        const keys = event.type === EVENT_ID.MAPPING ? new Set<string>() : undefined
        this.#open.push({ keys, key: undefined, line: 0 })
      }
    }
    return this.#found
  }

  #lineOf(position: number): number {
    return this.#text.slice(0, position).split('\n').length
  }

  #begins(position: number): void {
    const top = this.#open.at(-1)
    if (top?.keys && top.key !== undefined) top.line = this.#lineOf(position)
  }

  /** A scalar: a key, or the value of one. */
  #node(position: number, value: string | undefined, quoted: boolean): void {
    const top = this.#open.at(-1)
    if (!top?.keys) return
    if (top.key === undefined) {
      const plain = !quoted && /^(-?\d+|true|false)$/.test(value ?? '')
      top.key = plain ? (value ?? '') : JSON.stringify(value ?? '')
      return
    }
    top.line = this.#lineOf(position)
    this.#settle(top)
  }

  /** A list or map ended: it may have been a value. */
  #closed(): void {
    this.#open.pop()
    const top = this.#open.at(-1)
    if (top?.keys && top.key !== undefined) this.#settle(top)
  }

  #settle(frame: Frame): void {
    const key = frame.key ?? ''
    if (frame.keys?.has(key)) this.#found.push(`line ${frame.line}: key ${key} already set in map`)
    frame.keys?.add(key)
    frame.key = undefined
  }
}
