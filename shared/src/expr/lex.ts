import { unescaped } from '../lang/go-escapes.ts'

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: number }
  | { readonly kind: 'string'; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: 'name' | 'operator' | 'end'; readonly at: number; readonly text: string }

/** An expression that cannot be read or worked out. */
export class ExprError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ExprError'
  }
}

/** Operators that are words; `not` stands in front of others too. */
export const wordOperators: ReadonlySet<string> = new Set([
  'and', 'or', 'not', 'in', 'contains', 'startsWith', 'endsWith', 'matches',
]) // prettier-ignore

const blank = /(?:\s+|\/\/[^\n]*|#(?![\w.])[^\n]*|\/\*[\s\S]*?\*\/)+/y
const number =
  /0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?\.\d[\d_]*(?:[eE][+-]?\d+)?|\d[\d_]*(?:[eE][+-]?\d+)?/y
const name = /[\p{L}_$][\p{L}\p{N}_$]*/uy
const operator = /\?\.|\?\?|\*\*|\.\.|&&|\|\||[=!<>]=|::|[-+*/%^()[\]{}.,:;?|<>!#=]/y
const quoted = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y

/** The tokens of an expression of expr-lang. */
export function lex(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const text = pattern.exec(source)?.[0]
    if (text !== undefined) at += text.length
    return text
  }
  for (;;) {
    take(blank)
    const start = at
    if (start >= source.length) return [...tokens, { kind: 'end', at: start, text: '' }]
    const range = /^\d+\.\./.exec(source.slice(start))
    if (range) {
      const text = range[0].slice(0, -2)
      at += text.length
      tokens.push({ kind: 'number', at: start, text, value: Number(text) })
      continue
    }
    const digits = tokens.at(-1)?.text === '.' ? undefined : take(number)
    if (digits !== undefined) {
      tokens.push({ kind: 'number', at: start, text: digits, value: Number(digits.replaceAll('_', '')) })
      continue
    }
    const text = take(quoted)
    if (text !== undefined) {
      tokens.push({ kind: 'string', at: start, text, value: unquote(text) })
      continue
    }
    const word = take(name)
    if (word !== undefined) {
      tokens.push({ kind: wordOperators.has(word) ? 'operator' : 'name', at: start, text: word })
      continue
    }
    const mark = take(operator)
    if (mark === undefined) throw new ExprError(`unrecognized character: U+${hex(source, start)}`)
    tokens.push({ kind: 'operator', at: start, text: mark })
  }
}

function hex(source: string, at: number): string {
  return (source.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}

function unquote(text: string): string {
  const inner = text.slice(1, -1)
  return text.startsWith('`') ? inner : unescaped(inner)
}
