import { Scanner } from './scanner.ts'
import { GoYamlProblem, parseProblem, type Mark, type TokenType } from './token.ts'

/** Where Go's YAML parser stumbles in one document, in its words; undefined where it does not. */
export function goYamlProblem(text: string): string | undefined {
  try {
    new Reader(text).document()
    return undefined
  } catch (error) {
    if (error instanceof GoYamlProblem) return error.message
    throw error
  }
}

/** Reads the first document of a stream for its mistakes only. */
class Reader {
  readonly #scanner: Scanner
  readonly #anchors = new Set<string>()
  readonly #handles: Set<string>

  constructor(text: string) {
    this.#scanner = new Scanner(text)
    this.#handles = new Set(['!', '!!', ''])
    for (const [, handle = ''] of text.matchAll(/^%TAG[ \t]+(!\S*)/gm)) this.#handles.add(handle)
  }

  document(): void {
    const scanner = this.#scanner
    const first = scanner.peek()
    if (first.type === 'stream-end') return
    while (scanner.peek().type === 'directive') scanner.take()
    if (first.type === 'directive' && !this.#is('document-start')) {
      throw parseProblem(undefined, scanner.peek().start, 'did not find expected <document start>')
    }
    if (this.#is('document-start')) {
      scanner.take()
      if (this.#is('directive', 'document-start', 'document-end', 'stream-end')) return
    }
    this.#node(true, false)
    // Go looks at one token more, and leaves the rest of the text alone.
    scanner.peek()
  }

  #is(...types: readonly TokenType[]): boolean {
    return types.includes(this.#scanner.peek().type)
  }

  #fail(context: Mark, message: string): never {
    throw parseProblem(context, this.#scanner.peek().start, message)
  }

  #node(block: boolean, indentless: boolean): void {
    const scanner = this.#scanner
    const { start } = scanner.peek()
    if (this.#is('alias')) {
      const { name = '' } = scanner.take()
      if (!this.#anchors.has(name)) throw new GoYamlProblem(`unknown anchor '${name}' referenced`)
      return
    }
    const decorated = this.#properties(start)
    if (indentless && this.#is('-')) return this.#indentlessSequence()
    if (this.#is('scalar')) return void scanner.take()
    if (this.#is('[')) return this.#flowSequence()
    if (this.#is('{')) return this.#flowMapping()
    if (block && this.#is('block-sequence-start')) return this.#blockSequence()
    if (block && this.#is('block-mapping-start')) return this.#blockMapping()
    if (!decorated) this.#fail(start, 'did not find expected node content')
  }

  /** An anchor and a tag, in any order, one of each. */
  #properties(start: Mark): boolean {
    const seen = new Set<TokenType>()
    while (this.#is('anchor', 'tag') && !seen.has(this.#scanner.peek().type)) {
      const token = this.#scanner.take()
      seen.add(token.type)
      if (token.type === 'anchor') this.#anchors.add(token.name ?? '')
      else if (!this.#handles.has(token.name ?? ''))
        throw parseProblem(start, token.start, 'found undefined tag handle')
    }
    return seen.size > 0
  }

  #blockSequence(): void {
    const { start } = this.#scanner.take()
    while (this.#is('-')) {
      this.#scanner.take()
      if (!this.#is('-', 'block-end')) this.#node(true, false)
    }
    if (!this.#is('block-end')) this.#fail(start, "did not find expected '-' indicator")
    this.#scanner.take()
  }

  #indentlessSequence(): void {
    while (this.#is('-')) {
      this.#scanner.take()
      if (!this.#is('-', '?', ':', 'block-end')) this.#node(true, false)
    }
  }

  #blockMapping(): void {
    const { start } = this.#scanner.take()
    while (this.#is('?')) {
      this.#scanner.take()
      if (!this.#is('?', ':', 'block-end')) this.#node(true, true)
      if (!this.#is(':')) continue
      this.#scanner.take()
      if (!this.#is('?', ':', 'block-end')) this.#node(true, true)
    }
    if (!this.#is('block-end')) this.#fail(start, 'did not find expected key')
    this.#scanner.take()
  }

  #flowSequence(): void {
    const { start } = this.#scanner.take()
    for (let first = true; !this.#is(']'); first = false) {
      if (!first) {
        if (!this.#is(',')) this.#fail(start, "did not find expected ',' or ']'")
        this.#scanner.take()
        if (this.#is(']')) break
      }
      if (this.#is('?')) {
        this.#scanner.take()
        if (!this.#is(':', ',', ']')) this.#node(false, false)
        this.#flowValue(']')
      } else this.#node(false, false)
    }
    this.#scanner.take()
  }

  #flowMapping(): void {
    const { start } = this.#scanner.take()
    for (let first = true; !this.#is('}'); first = false) {
      if (!first) {
        if (!this.#is(',')) this.#fail(start, "did not find expected ',' or '}'")
        this.#scanner.take()
        if (this.#is('}')) break
      }
      if (this.#is('?')) {
        this.#scanner.take()
        if (!this.#is(':', ',', '}')) this.#node(false, false)
        this.#flowValue('}')
      } else this.#node(false, false)
    }
    this.#scanner.take()
  }

  #flowValue(end: ']' | '}'): void {
    if (!this.#is(':')) return
    this.#scanner.take()
    if (!this.#is(',', end)) this.#node(false, false)
  }
}
