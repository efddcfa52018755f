import { EVENT_ID, YAMLException, getScalarValue, loadAll, parseEvents } from 'js-yaml'
import { duplicateFields } from '../../k8s/duplicate-fields.ts'
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

/** Why the text is no YAML. Parser and scanner of the server count lines each in its way: the one from zero, the other from one. */
function complaintOf(text: string): string {
  try {
    loadAll(text, () => undefined)
    return 'unknown problem parsing YAML content'
  } catch (error) {
    if (!(error instanceof YAMLException)) return String(error)
    const line = error.mark?.line ?? 0
    const { message, scanner } = reworded(text, error.reason, error.mark?.position ?? text.length)
    if (message.startsWith('unknown anchor')) return message
    return line === 0 ? message : `line ${scanner ? line + 1 : line}: ${message}`
  }
}

interface Complaint {
  readonly message: string
  readonly scanner: boolean
}

const scanned = (message: string): Complaint => ({ message, scanner: true })
const parsed = (message: string): Complaint => ({ message, scanner: false })

function reworded(text: string, reason: string, position: number): Complaint {
  const at = text[position] ?? ''
  if (reason.startsWith('unidentified alias'))
    return parsed(`unknown anchor '${/"(.*)"/.exec(reason)?.[1] ?? ''}' referenced`)
  if (reason.includes('quoted scalar')) return scanned('found unexpected end of stream')
  if (reason.includes('tab characters') || '@`%\t'.includes(at || ' '))
    return scanned('found character that cannot start any token')
  if (reason.includes('escape')) return scanned('found unknown escape character')
  if (reason.includes('flow collection')) return parsed(openFlow(text))
  if (reason.includes("expected ':'") || reason.includes('implicit')) return scanned("could not find expected ':'")
  if (at === ':') return scanned('mapping values are not allowed in this context')
  if (at === ']' || at === '}') return parsed('did not find expected node content')
  if (at === '-') return parsed('did not find expected key')
  if (reason.includes('document separator'))
    return parsed(
      /^\s*- /m.test(text.slice(0, position))
        ? "did not find expected '-' indicator"
        : 'did not find expected <document start>',
    )
  return scanned("could not find expected ':'")
}

/** What is missing at the end of a list or map in brackets. */
function openFlow(text: string): string {
  const open: string[] = []
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '')) {
    if (character === '[' || character === '{') open.push(character)
    else if (character === ']' || character === '}') open.pop()
  }
  if (/[[{,:]\s*$/.test(text)) return 'did not find expected node content'
  return open.at(-1) === '[' ? "did not find expected ',' or ']'" : "did not find expected ',' or '}'"
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
