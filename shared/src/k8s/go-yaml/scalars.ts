import { dictionary } from '../../lang/dictionary.ts'
import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, type Characters } from './characters.ts'
import { scanProblem, type Mark } from './token.ts'

const escapeDigits: Readonly<Record<string, number>> = dictionary({ x: 2, u: 4, U: 8 })
const escapes = '0abt\tnvfre "\'\\N_LP'

/** Passes over a quoted scalar. */
export function skipQuoted(chars: Characters, quote: string): void {
  const start = chars.mark()
  const fail = (message: string): never => {
    throw scanProblem(start, chars.mark(), message)
  }
  chars.skip()
  for (;;) {
    if (chars.atDocumentMark()) fail('found unexpected document indicator')
    if (chars.peek() === '') fail('found unexpected end of stream')
    while (!isBlankOrEnd(chars.peek())) {
      const char = chars.peek()
      if (quote === "'" && char === "'" && chars.peek(1) === "'") chars.skip(2)
      else if (char === quote) break
      else if (quote === '"' && char === '\\') {
        if (isBreak(chars.peek(1))) {
          chars.skip()
          chars.skipLine()
          break
        }
        skipEscape(chars, fail)
      } else chars.skip()
    }
    if (chars.peek() === quote) return chars.skip()
    skipBlanksAndBreaks(chars)
  }
}

function skipEscape(chars: Characters, fail: (message: string) => never): void {
  const kind = chars.peek(1)
  const digits = escapeDigits[kind] ?? 0
  if (digits === 0 && (kind === '' || !escapes.includes(kind))) fail('found unknown escape character')
  chars.skip(2)
  let value = 0
  for (let place = 0; place < digits; place++) {
    if (!/^[0-9a-fA-F]$/.test(chars.peek(place))) fail('did not find expected hexdecimal number')
    value = value * 16 + Number.parseInt(chars.peek(place), 16)
  }
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) fail('found invalid Unicode character escape code')
  chars.skip(digits)
}

function skipBlanksAndBreaks(chars: Characters): void {
  for (;;) {
    if (isBlank(chars.peek())) chars.skip()
    else if (isBreak(chars.peek())) chars.skipLine()
    else return
  }
}

/** Passes over a plain scalar; tells whether it ended behind a line break. */
export function skipPlain(chars: Characters, indent: number, flow: boolean): boolean {
  const start = chars.mark()
  let broken = false
  for (;;) {
    if (chars.atDocumentMark() || chars.peek() === '#') return broken
    while (!isBlankOrEnd(chars.peek())) {
      const char = chars.peek()
      if (char === ':' && isBlankOrEnd(chars.peek(1))) break
      if (flow && ',?[]{}'.includes(char)) break
      chars.skip()
      broken = false
    }
    if (!isBlank(chars.peek()) && !isBreak(chars.peek())) return broken
    while (isBlank(chars.peek()) || isBreak(chars.peek())) {
      if (isBreak(chars.peek())) {
        chars.skipLine()
        broken = true
        continue
      }
      if (broken && chars.column < indent && chars.peek() === '\t') {
        throw scanProblem(start, chars.mark(), 'found a tab character that violates indentation')
      }
      chars.skip()
    }
    if (!flow && chars.column < indent) return broken
  }
}

/** Passes over a literal or folded scalar below `parent`, the column of what it belongs to. */
export function skipBlockScalar(chars: Characters, parent: number): void {
  const start = chars.mark()
  chars.skip()
  const increment = skipHeader(chars, start)
  let indent = increment === 0 ? 0 : Math.max(parent, 0) + increment
  indent = skipIndentation(chars, indent, parent, start)
  while (chars.column === indent && chars.peek() !== '') {
    chars.skipToLineEnd()
    if (isBreak(chars.peek())) chars.skipLine()
    indent = skipIndentation(chars, indent, parent, start)
  }
}

/** The signs behind `|` or `>`; gives the indentation that they ask for, or 0. */
function skipHeader(chars: Characters, start: Mark): number {
  let increment = 0
  let chomped = false
  for (let signs = 0; signs < 2; signs++) {
    const char = chars.peek()
    if (!chomped && (char === '+' || char === '-')) chomped = true
    else if (increment === 0 && /^\d$/.test(char)) {
      if (char === '0') throw scanProblem(start, chars.mark(), 'found an indentation indicator equal to 0')
      increment = Number(char)
    } else break
    chars.skip()
  }
  while (isBlank(chars.peek())) chars.skip()
  if (chars.peek() === '#') chars.skipToLineEnd()
  if (!isBreakOrEnd(chars.peek())) {
    throw scanProblem(start, chars.mark(), 'did not find expected comment or line break')
  }
  if (isBreak(chars.peek())) chars.skipLine()
  return increment
}

/** Indentation and empty lines; gives the column of the content, found out where it is not known yet. */
function skipIndentation(chars: Characters, indent: number, parent: number, start: Mark): number {
  let deepest = 0
  for (;;) {
    const short = (): boolean => indent === 0 || chars.column < indent
    while (short() && chars.peek() === ' ') chars.skip()
    deepest = Math.max(deepest, chars.column)
    if (short() && chars.peek() === '\t') {
      throw scanProblem(start, chars.mark(), 'found a tab character where an indentation space is expected')
    }
    if (!isBreak(chars.peek())) break
    chars.skipLine()
  }
  return indent === 0 ? Math.max(deepest, parent + 1, 1) : indent
}
