import { dictionary } from '../lang/dictionary.ts'
import { ExprError, lex, type Token } from './lex.ts'

export type Node =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'name'; readonly name: string }
  /** What a predicate is asked about: `#`, or a field of it as `.field`. */
  | { readonly kind: 'item'; readonly name: string }
  | { readonly kind: 'member'; readonly of: Node; readonly key: Node; readonly optional: boolean }
  | { readonly kind: 'slice'; readonly of: Node; readonly from: Node | undefined; readonly to: Node | undefined }
  | { readonly kind: 'call'; readonly callee: Node; readonly args: readonly Node[] }
  | { readonly kind: 'unary'; readonly operator: string; readonly of: Node }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node }
  | { readonly kind: 'predicate'; readonly body: Node }

const precedence: Readonly<Record<string, number>> = dictionary({
  '|': 0, or: 10, '||': 10, and: 15, '&&': 15, '==': 20, '!=': 20, '<': 20, '>': 20, '<=': 20, '>=': 20, in: 20,
  matches: 20, contains: 20, startsWith: 20, endsWith: 20, '..': 25, '+': 30, '-': 30, '*': 60, '/': 60, '%': 60,
  '**': 100, '^': 100, '??': 500,
}) // prettier-ignore
const unary: Readonly<Record<string, number>> = dictionary({ not: 50, '!': 50, '-': 90, '+': 90 })
const rightward: ReadonlySet<string> = new Set(['**', '^'])
const constants: Readonly<Record<string, unknown>> = dictionary({ true: true, false: false, nil: null })

/** Built-ins whose second argument is a predicate, braces or not. */
export const predicated: ReadonlySet<string> = new Set([
  'all', 'none', 'any', 'one', 'filter', 'map', 'find', 'findIndex', 'findLast', 'findLastIndex', 'count', 'sum',
  'groupBy', 'sortBy',
]) // prettier-ignore

/** Reads an expression of expr-lang. Throws `ExprError`. */
export function parseExpr(source: string): Node {
  const parser = new Parser(lex(source))
  const node = parser.sequence()
  parser.end()
  return node
}

class Parser {
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  private get token(): Token {
    const token = this.tokens[this.at]
    if (!token) throw new ExprError('unexpected end of the expression')
    return token
  }

  private is(text: string): boolean {
    return this.token.kind === 'operator' && this.token.text === text
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false
    this.at++
    return true
  }

  private need(text: string): void {
    if (!this.take(text)) throw this.unexpected()
  }

  private unexpected({ kind, text }: Token = this.token): ExprError {
    return new ExprError(`unexpected token ${kind === 'end' ? 'EOF' : `${capital(kind)}(${JSON.stringify(text)})`}`)
  }

  end(): void {
    if (this.token.kind !== 'end') throw this.unexpected()
  }

  sequence(): Node {
    if (this.token.kind !== 'name' || this.token.text !== 'let') return this.expression()
    this.at++
    const name = this.name()
    this.need('=')
    const value = this.expression()
    this.need(';')
    return { kind: 'let', name, value, body: this.sequence() }
  }

  expression(least = 0): Node {
    let left = this.prefix()
    for (;;) {
      const { operator, negated } = this.infix()
      const rank = precedence[operator]
      if (rank === undefined || rank < least) break
      this.at += negated ? 2 : 1
      if (operator === '|') {
        left = this.piped(left)
        continue
      }
      const right = this.expression(rightward.has(operator) ? rank : rank + 1)
      const node: Node = { kind: 'binary', operator, left, right }
      left = negated ? { kind: 'unary', operator: 'not', of: node } : node
    }
    return least === 0 ? this.choice(left) : left
  }

  /** The operator that stands here, `not in` and its like being one. */
  private infix(): { operator: string; negated: boolean } {
    if (this.token.kind !== 'operator') return { operator: '', negated: false }
    const next = this.tokens[this.at + 1]
    if (this.token.text === 'not' && next?.kind === 'operator') return { operator: next.text, negated: true }
    return { operator: this.token.text, negated: false }
  }

  private choice(test: Node): Node {
    if (!this.take('?')) return test
    if (this.take(':')) return { kind: 'choice', test, yes: test, no: this.expression() }
    const yes = this.expression()
    this.need(':')
    return { kind: 'choice', test, yes, no: this.expression() }
  }

  private piped(left: Node): Node {
    const callee: Node = { kind: 'name', name: this.name() }
    const args = this.is('(') ? this.args(callee.name, 1) : []
    return this.postfix({ kind: 'call', callee, args: [left, ...args] })
  }

  private prefix(): Node {
    const { kind, text } = this.token
    const rank = kind === 'operator' ? unary[text] : undefined
    if (rank === undefined) return this.postfix(this.primary())
    this.at++
    return { kind: 'unary', operator: text, of: this.expression(rank) }
  }

  private primary(): Node {
    const { token } = this
    if (token.kind === 'number' || token.kind === 'string') {
      this.at++
      return { kind: 'value', value: token.value }
    }
    if (token.kind === 'name') {
      this.at++
      if (Object.hasOwn(constants, token.text)) return { kind: 'value', value: constants[token.text] }
      return { kind: 'name', name: token.text }
    }
    if (this.take('(')) {
      const inner = this.sequence()
      this.need(')')
      return inner
    }
    if (this.take('[')) return { kind: 'array', items: this.list(']', () => this.expression()) }
    if (this.take('{')) return { kind: 'map', entries: this.list('}', () => this.entry()) }
    if (this.take('#')) {
      const named = this.token.kind === 'name' ? this.name() : ''
      return { kind: 'item', name: named === '' ? '#' : named }
    }
    // `.name` is a field of what the predicate is asked about.
    if (this.is('.')) return { kind: 'item', name: '#' }
    if (this.take('::')) return { kind: 'name', name: this.name() }
    throw this.unexpected()
  }

  private postfix(start: Node): Node {
    let node = start
    for (;;) {
      if (this.is('.') || this.is('?.')) {
        const optional = this.token.text === '?.'
        this.at++
        if (optional && this.is('[')) continue
        node = { kind: 'member', of: node, key: { kind: 'value', value: this.word() }, optional }
      } else if (this.take('[')) node = this.index(node)
      else if (this.is('(')) {
        node = { kind: 'call', callee: node, args: this.args(node.kind === 'name' ? node.name : '', 0) }
      } else return node
    }
  }

  private index(of: Node): Node {
    const bound = (): Node | undefined => (this.is(':') || this.is(']') ? undefined : this.expression())
    const from = bound()
    if (this.take(':')) {
      const to = bound()
      this.need(']')
      return { kind: 'slice', of, from, to }
    }
    if (!from) throw this.unexpected()
    this.need(']')
    return { kind: 'member', of, key: from, optional: false }
  }

  private args(callee: string, before: number): Node[] {
    this.need('(')
    let position = before
    return this.list(')', () => {
      if (!predicated.has(callee) || position++ === 0) return this.expression()
      if (!this.take('{')) return { kind: 'predicate', body: this.expression() }
      const body = this.sequence()
      this.need('}')
      return { kind: 'predicate', body }
    })
  }

  private list<T>(close: string, one: () => T): T[] {
    const items: T[] = []
    while (!this.take(close)) {
      if (items.length > 0) {
        this.need(',')
        if (this.take(close)) break
      }
      items.push(one())
    }
    return items
  }

  private entry(): readonly [Node, Node] {
    const { token } = this
    let key: Node
    if (this.take('(')) {
      key = this.expression()
      this.need(')')
    } else {
      this.at++
      const value = keyOf(token)
      if (value === undefined) throw this.unexpected(token)
      key = { kind: 'value', value }
    }
    this.need(':')
    return [key, this.expression()]
  }

  private name(): string {
    if (this.token.kind !== 'name') throw this.unexpected()
    return this.word()
  }

  /** A name, or an operator that is a word: as a field it is no operator. */
  private word(): string {
    const { kind, text } = this.token
    if (kind !== 'name' && !(kind === 'operator' && /^\w+$/.test(text))) throw this.unexpected()
    this.at++
    return text
  }
}

function keyOf(token: Token): string | undefined {
  if (token.kind === 'name') return token.text
  return token.kind === 'string' || token.kind === 'number' ? String(token.value) : undefined
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
