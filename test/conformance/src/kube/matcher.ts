import { formatPointer } from '@flotilla/shared/k8s/pointer'
import { isObject } from '@flotilla/shared/lang/json'
import { fillText, type Names } from './fill.ts'

/** Where an answer is not what was recorded. */
export interface Difference {
  readonly path: string
  readonly expected: unknown
  readonly got: unknown
}

const patterns: Readonly<Record<string, string>> = {
  uid: String.raw`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
  rv: String.raw`\d+`,
  hash: '[a-z0-9]{1,12}',
  rand: '[a-z0-9]{1,12}',
  clusterIP: '[0-9a-f.:]+',
  nodePort: String.raw`\d+`,
  time: String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+-]\d{4} UTC(?: m=\+[\d.]+)?|[+-]\d\d:\d\d)`,
  microtime: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`,
  age: String.raw`(?:(?:\d+(?:s|m|h|d|y|ms))+|<age>)`,
  jwt: String.raw`[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`,
  continue: '.+',
  any: String.raw`[\s\S]*`,
  date: String.raw`[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}`,
  server: String.raw`[^\s"]+`,
  dir: String.raw`\S*`,
  ip: String.raw`\d+\.\d+\.\d+\.\d+`,
  num: String.raw`\d+`,
}
const placeholder = new RegExp(`<(${Object.keys(patterns).join('|')})(?::(\\d+))?>`, 'g')
const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)

/**
 * Compares answers with a recording. A placeholder with a number is an identity: the same one must stay the same value
 * throughout a run, two must not share one.
 */
export class Matcher {
  readonly #names: Names
  readonly #valueOf = new Map<string, string>()
  readonly #ownerOf = new Map<string, string>()

  constructor(names: Names) {
    this.#names = names
  }

  /** All differences between a recorded value and an answer. */
  compare(expected: unknown, got: unknown): Difference[] {
    return [...this.#compare(expected, got, [])]
  }

  *#compare(expected: unknown, got: unknown, path: readonly (string | number)[]): Generator<Difference> {
    if (expected === '<any>' && got !== undefined) return
    if (typeof expected === 'string') {
      const text = typeof got === 'number' && /^<(nodePort|num)(:\d+)?>$/.test(expected) ? String(got) : got
      if (typeof text === 'string' && this.#matches(fillText(expected, this.#names), text)) return
    } else if (Array.isArray(expected) && Array.isArray(got)) {
      for (let index = 0; index < Math.max(expected.length, got.length); index++)
        yield* this.#compare(expected[index], got[index], [...path, index])
      return
    } else if (isObject(expected) && isObject(got)) {
      const left = new Set(Object.keys(got))
      for (const key of Object.keys(expected).toSorted()) {
        const wanted = fillText(key, this.#names)
        const found = left.has(wanted) ? wanted : [...left].find((other) => this.#matches(wanted, other))
        if (found !== undefined) left.delete(found)
        yield* this.#compare(expected[key], found === undefined ? undefined : got[found], [...path, wanted])
      }
      for (const key of left)
        if (got[key] !== undefined) yield { path: formatPointer([...path, key]), expected: undefined, got: got[key] }
      return
    } else if (expected === got) return
    yield { path: formatPointer(path), expected, got }
  }

  #matches(expected: string, got: string): boolean {
    const found = [...expected.matchAll(placeholder)]
    if (found.length === 0) return expected === got
    let source = ''
    let end = 0
    for (const match of found) {
      source += `${literally(expected.slice(end, match.index))}(${patterns[match[1] ?? '']})`
      end = match.index + match[0].length
    }
    const values = new RegExp(`^${source}${literally(expected.slice(end))}$`, 's').exec(got)?.slice(1)
    if (!values) return false
    return found.every(([name, type, number], index) => number === undefined || this.#bind(name, type, values[index]))
  }

  #bind(name: string, type = '', value = ''): boolean {
    const known = this.#valueOf.get(name)
    if (known !== undefined) return known === value
    const owner = `${type}=${value}`
    if (this.#ownerOf.has(owner)) return false
    this.#valueOf.set(name, value)
    this.#ownerOf.set(owner, name)
    return true
  }
}
