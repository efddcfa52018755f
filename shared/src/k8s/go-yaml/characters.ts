import type { Mark } from './token.ts'

/** A text read character by character, with the place in it. */
export class Characters {
  readonly #text: readonly string[]
  index = 0
  line = 0
  column = 0

  constructor(text: string) {
    this.#text = Array.from(text)
  }

  /** The character ahead; empty behind the end. */
  peek(ahead = 0): string {
    return this.#text[this.index + ahead] ?? ''
  }

  mark(): Mark {
    return { index: this.index, line: this.line, column: this.column }
  }

  skip(count = 1): void {
    this.index += count
    this.column += count
  }

  skipLine(): void {
    this.index += this.peek() === '\r' && this.peek(1) === '\n' ? 2 : 1
    this.breakLine()
  }

  /** Counts a line, though there may be no break to skip. */
  breakLine(): void {
    this.line += 1
    this.column = 0
  }

  skipToLineEnd(): void {
    while (!isBreakOrEnd(this.peek())) this.skip()
  }

  /** `---` or `...` that stands alone at the beginning of a line. */
  atDocumentMark(sign?: '-' | '.'): boolean {
    if (this.column !== 0) return false
    const first = this.peek()
    if ((first !== '-' && first !== '.') || (sign !== undefined && sign !== first)) return false
    return this.peek(1) === first && this.peek(2) === first && isBlankOrEnd(this.peek(3))
  }
}

export function isBlank(char: string): boolean {
  return char === ' ' || char === '\t'
}

export function isBreak(char: string): boolean {
  return char === '\n' || char === '\r' || char === '\u0085' || char === '\u2028' || char === '\u2029'
}

export function isBreakOrEnd(char: string): boolean {
  return char === '' || char === '\0' || isBreak(char)
}

export function isBlankOrEnd(char: string): boolean {
  return isBlank(char) || isBreakOrEnd(char)
}
