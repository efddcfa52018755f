import type { TemplateError } from './error.ts'
import { lex, parseError, type Token } from './lex.ts'
import { charConstant, numberConstant, unquote } from './literals.ts'
import type { Command, Expression, Node, Parsed, Pipe } from './nodes.ts'
import { shownExpression } from './show.ts'

/** Reads a template; `known` are the functions that it may call. */
export function parse(name: string, text: string, known: (name: string) => boolean): Parsed {
  return new Parser(name, text, known).all()
}

type Ending = 'end' | 'else'

class Parser {
  readonly #name: string
  readonly #text: string
  readonly #known: (name: string) => boolean
  readonly #tokens: readonly Token[]
  readonly #templates = new Map<string, readonly Node[]>()
  #variables: string[] = ['$']
  #at = 0
  #loops = 0
  #depth = 0

  constructor(name: string, text: string, known: (name: string) => boolean) {
    this.#name = name
    this.#text = text
    this.#known = known
    this.#tokens = lex(name, text)
  }

  all(): Parsed {
    const { nodes, ended } = this.#list()
    if (ended) throw this.#fail(`unexpected {{${ended}}}`)
    return { name: this.#name, text: this.#text, body: nodes, templates: this.#templates }
  }

  #fail(why: string): TemplateError {
    return parseError(this.#name, this.#text, this.#peek().at, why)
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', at: this.#text.length }
  }

  #next(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  #skip(): Token {
    while (this.#peek().kind === 'space') this.#at++
    return this.#peek()
  }

  /** Nodes up to `{{end}}`, `{{else}}` or the end of the text. */
  #list(): { nodes: Node[]; ended: Ending | undefined } {
    const nodes: Node[] = []
    for (;;) {
      const token = this.#next()
      if (token.kind === 'end') return { nodes, ended: undefined }
      if (token.kind === 'literal') {
        nodes.push({ kind: 'literal', text: token.text })
        continue
      }
      const first = this.#skip()
      const keyword = first.kind === 'word' ? first.text : ''
      if (keyword === 'end' || keyword === 'else') {
        this.#at++
        if (keyword === 'end') this.#close('end')
        return { nodes, ended: keyword }
      }
      const node = this.#action(first, keyword)
      if (node) nodes.push(node)
    }
  }

  #action(first: Token, keyword: string): Node | undefined {
    const { at } = first
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range':
        this.#at++
        return this.#control(keyword, at)
      case 'define':
        if (this.#depth > 0) throw this.#fail('unexpected <define> in command')
        this.#at++
        this.#define()
        return undefined
      case 'block': {
        this.#at++
        const { at: named } = this.#skip()
        const name = this.#templateName()
        const pipe = this.#pipe('close', 'block clause')
        this.#body(name)
        return { kind: 'template', at: named, name, pipe }
      }
      case 'template': {
        this.#at++
        const { at: named } = this.#skip()
        const name = this.#templateName()
        const pipe = this.#skip().kind === 'close' ? (this.#next(), undefined) : this.#pipe('close', 'template clause')
        return { kind: 'template', at: named, name, pipe }
      }
      case 'break':
      case 'continue':
        this.#at++
        if (this.#loops === 0) throw this.#fail(`{{${keyword}}} outside {{range}}`)
        this.#close(keyword)
        return { kind: keyword, at }
      default:
        return { kind: 'action', at, pipe: this.#pipe('close') }
    }
  }

  #control(kind: 'if' | 'with' | 'range', at: number): Node {
    const outer = this.#variables.length
    const pipe = this.#pipe('close', kind)
    this.#depth++
    if (kind === 'range') this.#loops++
    const { nodes: body, ended } = this.#list()
    if (kind === 'range') this.#loops--
    this.#depth--
    let otherwise: Node[] = []
    if (ended === 'else') {
      const next = this.#skip()
      if (next.kind === 'word' && next.text === kind && kind !== 'range') {
        this.#at++
        otherwise = [this.#control(kind, next.at)]
        this.#variables.length = outer
        return { kind, at, pipe, body, otherwise }
      }
      this.#close('else')
      const rest = this.#list()
      otherwise = rest.nodes
      if (rest.ended !== 'end')
        throw this.#fail(rest.ended ? `expected end; found {{${rest.ended}}}` : 'unexpected EOF')
    } else if (ended !== 'end') throw this.#fail('unexpected EOF')
    this.#variables.length = outer
    return { kind, at, pipe, body, otherwise }
  }

  #define(): void {
    const name = this.#templateName()
    this.#close('define clause')
    this.#body(name)
  }

  #body(name: string): void {
    const outer = this.#variables
    this.#variables = ['$']
    const { nodes, ended } = this.#list()
    if (ended !== 'end') throw this.#fail('unexpected EOF')
    this.#variables = outer
    this.#templates.set(name, nodes)
  }

  #templateName(): string {
    const token = this.#skip()
    if (token.kind !== 'text') throw this.#fail(`unexpected ${shown(token)} in template clause`)
    this.#at++
    return unquote(token.text)
  }

  #close(where: string): void {
    const token = this.#skip()
    if (token.kind !== 'close') throw this.#fail(`unexpected ${shown(token)} in ${where}`)
    this.#at++
  }

  #pipe(end: 'close' | ')', context = end === ')' ? 'parenthesized pipeline' : 'command'): Pipe {
    const { at } = this.#skip()
    const declared = this.#declarations(context)
    const commands: Command[] = []
    for (;;) {
      const token = this.#skip()
      const ends = end === 'close' ? token.kind === 'close' : token.text === ')'
      if (ends) {
        if (commands.length === 0) throw this.#fail(`missing value for ${context}`)
        this.#at++
        this.#refuseNonFunctions(commands)
        if (!declared.assigns) this.#variables.push(...declared.variables)
        return { at, ...declared, commands }
      }
      if (token.kind === 'end') throw this.#fail('unclosed action')
      if (!begins(token)) throw this.#fail(`unexpected ${shown(token)} in ${context}`)
      commands.push(this.#command())
    }
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const start = this.#at
    const variables: string[] = []
    for (;;) {
      const token = this.#skip()
      if (token.kind !== 'variable') break
      this.#at++
      const next = this.#skip()
      if (next.text === ':=' || next.text === '=') {
        this.#at++
        variables.push(token.text)
        if (next.text === '=') for (const name of variables) this.#mustKnow(name)
        return { variables, assigns: next.text === '=' }
      }
      if (next.text !== ',') break
      this.#at++
      variables.push(token.text)
      if (context !== 'range' || variables.length > 1) throw this.#fail(`too many declarations in ${context}`)
      if (this.#skip().kind !== 'variable') throw this.#fail('range can only initialize variables')
    }
    this.#at = start
    return { variables: [], assigns: false }
  }

  #mustKnow(name: string): void {
    if (!this.#variables.includes(name)) throw this.#fail(`undefined variable ${JSON.stringify(name)}`)
  }

  #refuseNonFunctions(commands: readonly Command[]): void {
    for (const [index, { args }] of commands.entries()) {
      const kind = args[0]?.kind ?? ''
      if (index > 0 && ['bool', 'dot', 'nil', 'number', 'text'].includes(kind)) {
        throw this.#fail(`non executable command in pipeline stage ${index + 1}`)
      }
    }
  }

  #command(): Command {
    const { at } = this.#skip()
    const args: Expression[] = []
    for (;;) {
      this.#skip()
      const operand = this.#operand()
      if (operand) args.push(operand)
      const token = this.#peek()
      if (token.kind === 'space' && operand) continue
      if (token.kind === 'close' || token.text === ')') break
      if (token.text === '|' && token.kind === 'punct') {
        // A pipe at the end leads nowhere, and Go lets it.
        this.#at++
        break
      }
      throw this.#fail(`unexpected ${shown(token)} in operand`)
    }
    if (args.length === 0) throw this.#fail('empty command')
    return { at, args }
  }

  #operand(): Expression | undefined {
    const term = this.#term()
    if (!term) return undefined
    const names: string[] = []
    const { at } = this.#peek()
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    if (names.length === 0) return term
    if (term.kind === 'field') return { ...term, at, names: [...term.names, ...names] }
    if (term.kind === 'variable') return { ...term, at, names: [...term.names, ...names] }
    if (['bool', 'text', 'number', 'nil', 'dot'].includes(term.kind)) {
      throw this.#fail(`unexpected . after term ${JSON.stringify(shownExpression(term))}`)
    }
    return { kind: 'chain', at, of: term, names }
  }

  #term(): Expression | undefined {
    const token = this.#peek()
    const { at, text } = token
    const take = <T extends Expression>(expression: T): T => (this.#at++, expression)
    switch (token.kind) {
      case 'word':
        if (text === 'true' || text === 'false') return take({ kind: 'bool', at, value: text === 'true' })
        if (text === 'nil') return take({ kind: 'nil', at })
        if (!this.#known(text)) throw this.#fail(`function ${JSON.stringify(text)} not defined`)
        return take({ kind: 'function', at, name: text })
      case 'field':
        return take({ kind: 'field', at, names: [text.slice(1)] })
      case 'variable':
        this.#mustKnow(text)
        return take({ kind: 'variable', at, name: text, names: [] })
      case 'number': {
        const constant = numberConstant(text)
        if (!constant && /^[+-]?\d+$/.test(text)) throw this.#fail(`integer overflow: ${JSON.stringify(text)}`)
        if (!constant) throw this.#fail(`illegal number syntax: ${JSON.stringify(text)}`)
        return take({ kind: 'number', at, ...constant, source: text })
      }
      case 'char':
        return take({ kind: 'number', at, ...charConstant(text), source: text })
      case 'text':
        return take({ kind: 'text', at, value: unquote(text), source: text })
      case 'punct':
        if (text === '.') return take({ kind: 'dot', at })
        if (text === '(') {
          this.#at++
          return { kind: 'pipe', at, pipe: this.#pipe(')') }
        }
        return undefined
      default:
        return undefined
    }
  }
}

/** Whether a command can begin with it. */
function begins({ kind, text }: Token): boolean {
  return kind === 'punct' ? text === '.' || text === '(' : kind !== 'close'
}

const keywords: ReadonlySet<string> = new Set(
  ['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'nil', 'range', 'template', 'with', '.'], // prettier-ignore
)

function shown({ kind, text }: Token): string {
  if (kind === 'end') return 'EOF'
  if ((kind === 'word' || kind === 'punct') && keywords.has(text)) return `<${text}>`
  const chars = Array.from(text)
  return chars.length > 10 ? `${JSON.stringify(chars.slice(0, 10).join(''))}...` : JSON.stringify(text)
}
