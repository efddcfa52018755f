import { TemplateError } from './error.ts'

export interface Token {
  readonly kind:
    | 'literal'
    | 'open'
    | 'close'
    | 'word'
    | 'field'
    | 'variable'
    | 'number'
    | 'text'
    | 'char'
    | 'punct'
    | 'space'
    | 'end'
  readonly text: string
  readonly at: number
}

/** `template: NAME:LINE: …`, as Go says where a template cannot be read. */
export function parseError(name: string, text: string, at: number, why: string): TemplateError {
  const line = text.slice(0, at).split('\n').length
  return new TemplateError(`template: ${name}:${line}: ${why}`)
}

const blanks = /[ \t\r\n]/
const letters = /[\p{L}\p{Nd}_]/u

/** Cuts a template into tokens; trim marks and comments are gone from what comes out. */
export function lex(name: string, text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let trimNext = false
  while (at < text.length) {
    const open = text.indexOf('{{', at)
    let literal = open < 0 ? text.slice(at) : text.slice(at, open)
    if (trimNext) literal = literal.replace(/^[ \t\r\n]+/, '')
    const trims = open >= 0 && text[open + 2] === '-' && blanks.test(text[open + 3] ?? '')
    if (trims) literal = literal.replace(/[ \t\r\n]+$/, '')
    if (literal !== '') tokens.push({ kind: 'literal', text: literal, at })
    if (open < 0) break
    at = open + (trims ? 4 : 2)
    trimNext = false
    const comment = text.startsWith('/*', at)
    if (comment) {
      const end = text.indexOf('*/', at)
      if (end < 0) throw parseError(name, text, open, 'unclosed comment')
      const close = /^(\s-)?\}\}/.exec(text.slice(end + 2))
      if (!close) throw parseError(name, text, open, 'comment ends before closing delimiter')
      trimNext = close[1] !== undefined
      at = end + 2 + close[0].length
      continue
    }
    tokens.push({ kind: 'open', text: '{{', at: open })
    const ended = action(name, text, at, tokens)
    at = ended.at
    trimNext = ended.trims
  }
  tokens.push({ kind: 'end', text: '', at: text.length })
  return tokens
}

function action(name: string, text: string, start: number, tokens: Token[]): { at: number; trims: boolean } {
  let at = start
  let depth = 0
  const fail = (why: string): never => {
    throw parseError(name, text, at, why)
  }
  const take = (kind: Token['kind'], length: number): void => {
    tokens.push({ kind, text: text.slice(at, at + length), at })
    at += length
  }
  const word = (from: number): number => {
    let end = from
    for (const char of text.slice(from)) {
      if (!letters.test(char)) break
      end += char.length
    }
    return end - from
  }
  /** What may follow a name. */
  const terminated = (): void => {
    const next = text.slice(at)
    if (next === '' || /^(?:[\s.,|:()]|\}\})/.test(next)) return
    const char = String.fromCodePoint(next.codePointAt(0) ?? 0)
    fail(`bad character ${codePoint(char)}`)
  }
  for (;;) {
    const rest = text.slice(at)
    const close = /^([ \t\r\n]+-)?\}\}/.exec(rest)
    if (close) {
      if (depth > 0) fail('unclosed left paren')
      tokens.push({ kind: 'close', text: close[0], at })
      return { at: at + close[0].length, trims: close[1] !== undefined }
    }
    const char = rest[0]
    if (char === undefined) return fail('unclosed action')
    const space = /^[ \t\r\n]+/.exec(rest)
    if (space) take('space', space[0].length)
    else if (char === '"') {
      const string = /^"(?:[^"\\\n]|\\.)*"/.exec(rest)
      if (!string) return fail('unterminated quoted string')
      take('text', string[0].length)
    } else if (char === '`') {
      const end = rest.indexOf('`', 1)
      if (end < 0) return fail('unterminated raw quoted string')
      take('text', end + 1)
    } else if (char === "'") {
      const constant = /^'(?:[^'\\\n]|\\.)*'/u.exec(rest)
      if (!constant) return fail('unterminated character constant')
      if (!/^'(?:[^\\]|\\.[^\\]*)'$/u.test(constant[0])) fail(`malformed character constant: ${constant[0]}`)
      take('char', constant[0].length)
    } else if (char === '.' && !/^\.\d/.test(rest)) {
      const length = word(at + 1)
      take(length > 0 ? 'field' : 'punct', length + 1)
      if (length > 0) terminated()
    } else if (char === '$') {
      take('variable', 1 + word(at + 1))
      terminated()
    } else if (/^[+-]?\.?\d/.test(rest)) {
      const number =
        /^[+-]?(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?)/.exec(rest)?.[0] ?? ''
      if (letters.test(rest[number.length] ?? ''))
        fail(`bad number syntax: ${JSON.stringify(number + (rest[number.length] ?? ''))}`)
      take('number', number.length)
    } else if (letters.test(char)) {
      take('word', word(at))
      terminated()
    } else if (rest.startsWith(':=')) take('punct', 2)
    else if ('()|=,'.includes(char)) {
      if (char === '(') depth++
      if (char === ')' && --depth < 0) fail('unexpected right paren')
      take('punct', 1)
    } else if (char > ' ' && char <= '~') take('punct', 1)
    else return fail(`unrecognized character in action: ${codePoint(char)}`)
  }
}

/** A character as Go tells it: `U+002D '-'`. */
function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${char}'`
}
