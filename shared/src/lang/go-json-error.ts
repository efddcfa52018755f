import { dictionary } from './dictionary.ts'

/** What Go's decoder says of a text that is not JSON: scripts and recordings hold these words. */
export function jsonSyntaxError(value: string): string {
  return new Scanner(value).problem() ?? 'unexpected end of JSON input'
}

/**
 * What Go's decoder of JSON streams says of the first value of a text: with `at`, the bytes read by then; the end of the
 * text has no place. Undefined where the value is whole.
 */
export function jsonStreamError(text: string): { readonly message: string; readonly at?: number } | undefined {
  return new Scanner(text).firstProblem()
}

/** The values of a stream of JSON values; undefined where it is none. */
export function jsonStream(text: string): unknown[] | undefined {
  const values: unknown[] = []
  for (let rest = text.trimStart(); rest !== '';) {
    const length = new Scanner(rest).firstLength()
    if (length === undefined) return undefined
    values.push(JSON.parse(rest.slice(0, length)))
    rest = rest.slice(length).trimStart()
  }
  return values
}

const literals: Readonly<Record<string, string>> = dictionary({ t: 'true', f: 'false', n: 'null' })

class Broken extends Error {}

/** Reads JSON as Go does, to stumble where Go stumbles. */
class Scanner {
  readonly #chars: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#chars = Array.from(text)
  }

  /** The first mistake; undefined where the text ends too soon, or has none. */
  problem(): string | undefined {
    try {
      this.#value()
      const char = this.#skipBlanks()
      if (char !== undefined) this.#fail(char, 'after top-level value')
      return undefined
    } catch (error) {
      if (error instanceof Broken) return error.message === '' ? undefined : error.message
      throw error
    }
  }

  /** How long the first value is; undefined where it is broken. */
  firstLength(): number | undefined {
    return this.firstProblem() ? undefined : this.#chars.slice(0, this.#at).join('').length
  }

  /** The mistake in the first value; what follows it is of no interest. */
  firstProblem(): { message: string; at?: number } | undefined {
    if (this.#skipBlanks() === undefined) return { message: 'EOF' }
    try {
      this.#value()
      return undefined
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      if (error.message === '') return { message: 'unexpected EOF' }
      return { message: error.message, at: Buffer.byteLength(this.#chars.slice(0, this.#at).join('')) }
    }
  }

  #fail(char: string, where: string): never {
    const shown = char === "'" ? String.raw`'\''` : char === '"' ? `'"'` : `'${quoted(char)}'`
    throw new Broken(`invalid character ${shown} ${where}`)
  }

  /** The next character; the end of the text is a mistake without a character. */
  #take(): string {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new Broken('')
    return char
  }

  #skipBlanks(): string | undefined {
    while (/^[ \t\r\n]$/.test(this.#chars[this.#at] ?? '')) this.#at++
    return this.#chars[this.#at]
  }

  #value(): void {
    this.#skipBlanks()
    const char = this.#take()
    const literal = literals[char]
    if (char === '{') this.#object()
    else if (char === '[') this.#array()
    else if (char === '"') this.#string()
    else if (literal !== undefined) this.#literal(literal)
    else if (/[-0-9]/.test(char)) this.#number(char)
    else this.#fail(char, 'looking for beginning of value')
  }

  #object(): void {
    if (this.#skipBlanks() === '}') return void this.#take()
    for (;;) {
      this.#skipBlanks()
      const begin = this.#take()
      if (begin !== '"') this.#fail(begin, 'looking for beginning of object key string')
      this.#string()
      this.#skipBlanks()
      const colon = this.#take()
      if (colon !== ':') this.#fail(colon, 'after object key')
      this.#value()
      this.#skipBlanks()
      const next = this.#take()
      if (next === '}') return
      if (next !== ',') this.#fail(next, 'after object key:value pair')
    }
  }

  #array(): void {
    if (this.#skipBlanks() === ']') return void this.#take()
    for (;;) {
      this.#value()
      this.#skipBlanks()
      const next = this.#take()
      if (next === ']') return
      if (next !== ',') this.#fail(next, 'after array element')
    }
  }

  #string(): void {
    for (let char = this.#take(); char !== '"'; char = this.#take()) {
      if (char < ' ') this.#fail(char, 'in string literal')
      if (char !== '\\') continue
      const escape = this.#take()
      if (escape === 'u') {
        for (let digit = 0; digit < 4; digit++) {
          const hex = this.#take()
          if (!/[0-9a-fA-F]/.test(hex)) this.#fail(hex, String.raw`in \u hexadecimal character escape`)
        }
      } else if (!/["\\/bfnrt]/.test(escape)) this.#fail(escape, 'in string escape code')
    }
  }

  #literal(word: string): void {
    for (const expected of word.slice(1)) {
      const char = this.#take()
      if (char !== expected) this.#fail(char, `in literal ${word} (expecting '${expected}')`)
    }
  }

  #number(first: string): void {
    let lead = first
    if (lead === '-') {
      lead = this.#take()
      if (!/[0-9]/.test(lead)) this.#fail(lead, 'in numeric literal')
    }
    if (lead !== '0') this.#digits()
    if (this.#chars[this.#at] === '.') {
      this.#at++
      const digit = this.#take()
      if (!/[0-9]/.test(digit)) this.#fail(digit, 'after decimal point in numeric literal')
      this.#digits()
    }
    if (!/^[eE]$/.test(this.#chars[this.#at] ?? '')) return
    this.#at++
    let digit = this.#take()
    if (digit === '+' || digit === '-') digit = this.#take()
    if (!/[0-9]/.test(digit)) this.#fail(digit, 'in exponent of numeric literal')
    this.#digits()
  }

  #digits(): void {
    while (/^[0-9]$/.test(this.#chars[this.#at] ?? '')) this.#at++
  }
}

function quoted(char: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }
  if (known[char] !== undefined) return known[char]
  return char < ' ' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char
}
