import { Characters, isBlankOrEnd, isBreak, isBreakOrEnd } from './characters.ts'
import { skipBlockScalar, skipPlain, skipQuoted } from './scalars.ts'
import { scanProblem, type Mark, type Token, type TokenType } from './token.ts'

/** Something that may turn out to be a key, once a colon comes. */
interface SimpleKey {
  readonly token: number
  readonly required: boolean
  readonly mark: Mark
}

/** Cuts YAML into tokens as Go's parser does, to stumble where it stumbles; what scalars say is of no interest. */
export class Scanner {
  readonly #chars: Characters
  readonly #tokens: Token[] = []
  #taken = 0
  #ended = false
  #indent = -1
  readonly #indents: number[] = []
  /** One place for each level of flow collections, and one for the block around them. */
  readonly #keys: (SimpleKey | undefined)[] = [undefined]
  #keyAllowed = true

  constructor(text: string) {
    this.#chars = new Characters(text)
  }

  /** The next token, without taking it. */
  peek(): Token {
    while (this.#needsMore()) this.#fetch()
    return this.#tokens[0] as Token
  }

  take(): Token {
    const token = this.peek()
    this.#tokens.shift()
    this.#taken += 1
    return token
  }

  get #flow(): number {
    return this.#keys.length - 1
  }

  /** Before a token is handed out it must be known whether it begins a key. */
  #needsMore(): boolean {
    if (this.#ended) return false
    if (this.#tokens.length === 0) return true
    return this.#keys.some((key, level) => key?.token === this.#taken && this.#valid(level) !== undefined)
  }

  /** The possible key of a level, unless it has been left behind: keys are of one line, and short. */
  #valid(level: number): SimpleKey | undefined {
    const key = this.#keys[level]
    if (!key) return undefined
    if (key.mark.line === this.#chars.line && key.mark.index + 1024 >= this.#chars.index) return key
    this.#dropKey(level)
    return undefined
  }

  #dropKey(level = this.#flow): void {
    const key = this.#keys[level]
    if (key?.required) throw scanProblem(key.mark, this.#chars.mark(), "could not find expected ':'")
    this.#keys[level] = undefined
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return
    this.#dropKey()
    const required = this.#flow === 0 && this.#indent === this.#chars.column
    this.#keys[this.#flow] = { token: this.#taken + this.#tokens.length, required, mark: this.#chars.mark() }
  }

  #add(type: TokenType, start: Mark, name?: string): void {
    this.#tokens.push(name === undefined ? { type, start } : { type, start, name })
  }

  /** Opens a block collection where the column is deeper than the one around it. */
  #roll(column: number, type: TokenType, mark: Mark, token?: number): void {
    if (this.#flow > 0 || this.#indent >= column) return
    this.#indents.push(this.#indent)
    this.#indent = column
    this.#tokens.splice(token === undefined ? this.#tokens.length : token - this.#taken, 0, { type, start: mark })
  }

  #unroll(column: number): void {
    if (this.#flow > 0) return
    while (this.#indent > column) {
      this.#add('block-end', this.#chars.mark())
      this.#indent = this.#indents.pop() ?? -1
    }
  }

  #fetch(): void {
    const chars = this.#chars
    this.#skipToToken()
    this.#unroll(chars.column)
    const mark = chars.mark()
    const char = chars.peek()
    const next = chars.peek(1)
    if (char === '' || char === '\0') return this.#end()
    if (chars.column === 0 && char === '%') return this.#directive(mark)
    if (chars.atDocumentMark('-')) return this.#documentMark('document-start', mark)
    if (chars.atDocumentMark('.')) return this.#documentMark('document-end', mark)
    if (char === '[' || char === '{') return this.#open(char, mark)
    if (char === ']' || char === '}') return this.#close(char, mark)
    if (char === ',') return this.#indicator(',', mark, true, true)
    const indicates = isBlankOrEnd(next)
    if (char === '-' && indicates) return this.#entry(mark)
    if (char === '?' && (this.#flow > 0 || indicates)) return this.#key(mark)
    if (char === ':' && (this.#flow > 0 || indicates)) return this.#value(mark)
    if (char === '*' || char === '&') return this.#anchor(char === '*' ? 'alias' : 'anchor', mark)
    if (char === '!') return this.#tag(mark)
    if ((char === '|' || char === '>') && this.#flow === 0) {
      this.#dropKey()
      this.#keyAllowed = true
      skipBlockScalar(chars, this.#indent)
      return this.#add('scalar', mark)
    }
    if (char === '"' || char === "'") {
      this.#saveKey()
      this.#keyAllowed = false
      skipQuoted(chars, char)
      return this.#add('scalar', mark)
    }
    const odd = isBlankOrEnd(char) || '-?:,[]{}#&*!|>\'"%@`'.includes(char)
    const plain =
      !odd || (char === '-' && !isBlankOrEnd(next)) || (this.#flow === 0 && '?:'.includes(char) && !indicates)
    if (!plain) throw scanProblem(mark, mark, 'found character that cannot start any token')
    this.#saveKey()
    this.#keyAllowed = false
    if (skipPlain(chars, this.#indent + 1, this.#flow > 0)) this.#keyAllowed = true
    this.#add('scalar', mark)
  }

  #skipToToken(): void {
    const chars = this.#chars
    for (;;) {
      if (chars.column === 0 && chars.peek() === '\uFEFF') chars.skip()
      while (chars.peek() === ' ' || ((this.#flow > 0 || !this.#keyAllowed) && chars.peek() === '\t')) chars.skip()
      if (chars.peek() === '#') chars.skipToLineEnd()
      if (!isBreak(chars.peek())) return
      chars.skipLine()
      if (this.#flow === 0) this.#keyAllowed = true
    }
  }

  #end(): void {
    if (this.#chars.column !== 0) this.#chars.breakLine()
    const mark = this.#chars.mark()
    this.#unroll(-1)
    this.#dropKey()
    this.#keyAllowed = false
    this.#ended = true
    this.#add('stream-end', mark)
  }

  #documentMark(type: TokenType, mark: Mark): void {
    this.#unroll(-1)
    this.#dropKey()
    this.#keyAllowed = false
    this.#chars.skip(3)
    this.#add(type, mark)
  }

  #directive(mark: Mark): void {
    const chars = this.#chars
    this.#unroll(-1)
    this.#dropKey()
    this.#keyAllowed = false
    chars.skip()
    let name = ''
    for (; /^[0-9A-Za-z_-]$/.test(chars.peek()); chars.skip()) name += chars.peek()
    const fail = (message: string): never => {
      throw scanProblem(mark, chars.mark(), message)
    }
    if (name === '') fail('could not find expected directive name')
    if (!isBlankOrEnd(chars.peek())) fail('found unexpected non-alphabetical character')
    if (name !== 'YAML' && name !== 'TAG') fail('found unknown directive name')
    while (!isBreakOrEnd(chars.peek())) chars.skip()
    if (isBreak(chars.peek())) chars.skipLine()
    this.#add('directive', mark)
  }

  #open(type: '[' | '{', mark: Mark): void {
    this.#saveKey()
    this.#keys.push(undefined)
    this.#keyAllowed = true
    this.#chars.skip()
    this.#add(type, mark)
  }

  #close(type: ']' | '}', mark: Mark): void {
    this.#dropKey()
    if (this.#keys.length > 1) this.#keys.pop()
    this.#keyAllowed = false
    this.#chars.skip()
    this.#add(type, mark)
  }

  #indicator(type: ',' | '-' | '?' | ':', mark: Mark, drop: boolean, keyAllowed: boolean): void {
    if (drop) this.#dropKey()
    this.#keyAllowed = keyAllowed
    this.#chars.skip()
    this.#add(type, mark)
  }

  #entry(mark: Mark): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) {
        throw scanProblem(mark, mark, 'block sequence entries are not allowed in this context')
      }
      this.#roll(mark.column, 'block-sequence-start', mark)
    }
    this.#indicator('-', mark, true, true)
  }

  #key(mark: Mark): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw scanProblem(mark, mark, 'mapping keys are not allowed in this context')
      this.#roll(mark.column, 'block-mapping-start', mark)
    }
    this.#indicator('?', mark, true, this.#flow === 0)
  }

  #value(mark: Mark): void {
    const key = this.#valid(this.#flow)
    if (key) {
      this.#tokens.splice(key.token - this.#taken, 0, { type: '?', start: key.mark })
      this.#roll(key.mark.column, 'block-mapping-start', key.mark, key.token)
      this.#keys[this.#flow] = undefined
      return this.#indicator(':', mark, false, false)
    }
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw scanProblem(mark, mark, 'mapping values are not allowed in this context')
      this.#roll(mark.column, 'block-mapping-start', mark)
    }
    this.#indicator(':', mark, false, this.#flow === 0)
  }

  #anchor(type: 'alias' | 'anchor', mark: Mark): void {
    const chars = this.#chars
    this.#saveKey()
    this.#keyAllowed = false
    chars.skip()
    let name = ''
    for (; /^[0-9A-Za-z_-]$/.test(chars.peek()); chars.skip()) name += chars.peek()
    const ends = isBlankOrEnd(chars.peek()) || '?:,]}%@`'.includes(chars.peek())
    if (name === '' || !ends) {
      throw scanProblem(mark, chars.mark(), 'did not find expected alphabetic or numeric character')
    }
    this.#add(type, mark, name)
  }

  #tag(mark: Mark): void {
    const chars = this.#chars
    this.#saveKey()
    this.#keyAllowed = false
    const fail = (message: string): never => {
      throw scanProblem(mark, chars.mark(), message)
    }
    let text = ''
    if (chars.peek(1) === '<') {
      for (; chars.peek() !== '>' && !isBlankOrEnd(chars.peek()); chars.skip()) text += chars.peek()
      if (text === '!<') fail('did not find expected tag URI')
      if (chars.peek() !== '>') fail("did not find the expected '>'")
      chars.skip()
      text = ''
    } else {
      for (; /^[0-9A-Za-z_\-;/?:@&=+$,.!~*'()%[\]]$/.test(chars.peek()); chars.skip()) text += chars.peek()
    }
    if (/^!(?:[0-9A-Za-z_-]*!)$/.test(text)) fail('did not find expected tag URI')
    const end = chars.peek()
    if (!isBlankOrEnd(end) && !(this.#flow > 0 && end === ',')) fail('did not find expected whitespace or line break')
    const handle = /^!(?:[0-9A-Za-z_-]*!)?/.exec(text)?.[0] ?? ''
    this.#add('tag', mark, handle)
  }
}
