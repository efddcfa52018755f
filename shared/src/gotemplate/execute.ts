import { TemplateError } from './error.ts'
import type { Functions, GoFunction } from './functions.ts'
import type { Command, Control, Expression, Node, Parsed, Pipe } from './nodes.ts'
import { Int64, integerOf, isInteger, isMap, isOpaque, print, truth, typeOf, type Value } from './values.ts'

export type MissingKey = 'default' | 'zero' | 'error'

export interface ExecuteOptions {
  readonly functions: Functions
  readonly missingKey: MissingKey
}

/** More output than this is a mistake, or worse. */
const mostOutput = 16 * 1024 * 1024
const deepest = 1_000
/** Steps of all loops together. */
const mostSteps = 2_000_000

interface Scope {
  readonly name: string
  value: Value
}

class Break extends Error {}
class Continue extends Error {}

/** Runs a template over its data. */
export function execute(template: Parsed, data: Value, options: ExecuteOptions): string {
  const run = new Run(template, options)
  run.nodes(template.body, data, [{ name: '$', value: data }])
  return run.out.join('')
}

class Run {
  readonly out: string[] = []
  readonly #template: Parsed
  readonly #options: ExecuteOptions
  #size = 0
  #depth = 0
  #steps = 0

  constructor(template: Parsed, options: ExecuteOptions) {
    this.#template = template
    this.#options = options
  }

  nodes(nodes: readonly Node[], dot: Value, scope: Scope[]): void {
    for (const node of nodes) this.#node(node, dot, scope)
  }

  #fail(at: number, why: string, cause?: unknown, whole = false): TemplateError {
    const { name, text } = this.#template
    const before = text.slice(0, at).split('\n')
    const column = Buffer.byteLength(before.at(-1) ?? '')
    const context = shortened(whole ? commandAt(text, at) : contextOf(text, at))
    const message = `template: ${name}:${before.length}:${column}: executing ${JSON.stringify(name)} at <${context}>: ${why}`
    return new TemplateError(message, { cause })
  }

  #write(text: string): void {
    this.#size += text.length
    if (this.#size > mostOutput) throw new TemplateError(`the template writes more than ${mostOutput} characters`)
    this.out.push(text)
  }

  #node(node: Node, dot: Value, scope: Scope[]): void {
    switch (node.kind) {
      case 'literal':
        return this.#write(node.text)
      case 'action': {
        const value = this.#pipe(node.pipe, dot, scope)
        if (node.pipe.variables.length === 0) this.#write(value === null ? '<no value>' : print(value))
        return
      }
      case 'if':
      case 'with': {
        const height = scope.length
        const value = this.#pipe(node.pipe, dot, scope)
        if (truth(value)) this.nodes(node.body, node.kind === 'with' ? value : dot, scope)
        else this.nodes(node.otherwise, dot, scope)
        scope.length = height
        return
      }
      case 'range':
        return this.#range(node, dot, scope)
      case 'template':
        return this.#call(node, dot, scope)
      case 'break':
        throw new Break()
      case 'continue':
        throw new Continue()
    }
  }

  #call(node: Extract<Node, { kind: 'template' }>, dot: Value, scope: Scope[]): void {
    const body = this.#template.templates.get(node.name)
    if (!body) throw this.#fail(node.at, `template ${JSON.stringify(node.name)} not defined`)
    if (++this.#depth > deepest) throw this.#fail(node.at, 'exceeded maximum template depth (100000)')
    const data = node.pipe ? this.#pipe(node.pipe, dot, scope) : undefined
    this.nodes(body, data, [{ name: '$', value: data }])
    this.#depth--
  }

  #range(node: Control, dot: Value, scope: Scope[]): void {
    const height = scope.length
    const value = this.#pipe({ ...node.pipe, variables: [] }, dot, scope)
    const { variables, assigns } = node.pipe
    let any = false
    const one = (index: Value, element: Value): boolean => {
      any = true
      if (++this.#steps > mostSteps) throw new TemplateError('the template loops for too long')
      const inner = scope.slice(0, height)
      const bind = (name: string, bound: Value): void => {
        const known = assigns ? lookup(scope, name) : undefined
        if (known) known.value = bound
        else inner.push({ name, value: bound })
      }
      if (variables.length === 1) bind(variables[0] ?? '', isInteger(value) ? index : element)
      if (variables.length === 2) {
        bind(variables[0] ?? '', index)
        bind(variables[1] ?? '', element)
      }
      try {
        this.nodes(node.body, isInteger(value) ? index : element, inner)
      } catch (error) {
        if (error instanceof Break) return false
        if (!(error instanceof Continue)) throw error
      }
      return true
    }
    this.#each(node.pipe, value, one)
    if (!any) this.nodes(node.otherwise, dot, scope)
    scope.length = height
  }

  #each(pipe: Pipe, value: Value, one: (index: Value, element: Value) => boolean): void {
    if (value === null || value === undefined) return
    if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) if (!one(BigInt(index), element as Value)) return
    } else if (isInteger(value)) {
      const end = integerOf(value)
      for (let index = 0n; index < end; index++) {
        if (!one(value instanceof Int64 ? new Int64(index) : index, undefined)) return
      }
    } else if (isMap(value)) {
      for (const key of Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1))) if (!one(key, value[key])) return
    } else throw this.#fail(pipe.at, `range can't iterate over ${print(value)}`)
  }

  #pipe(pipe: Pipe, dot: Value, scope: Scope[]): Value {
    let value: Value
    let given = false
    for (const command of pipe.commands) {
      value = this.#command(command, dot, scope, given ? { value } : undefined)
      given = true
    }
    for (const name of pipe.variables) {
      if (pipe.assigns) {
        const known = lookup(scope, name)
        if (known) known.value = value
      } else scope.push({ name, value })
    }
    return value
  }

  #command({ args }: Command, dot: Value, scope: Scope[], final: { value: Value } | undefined): Value {
    const [first, ...rest] = args
    if (!first) return undefined
    if (first.kind === 'function') return this.#function(first, rest, dot, scope, final)
    if (rest.length > 0 || final) {
      const what =
        first.kind === 'field' || first.kind === 'chain' || first.kind === 'variable'
          ? print(this.#value(first, dot, scope))
          : written(first)
      if (first.kind === 'pipe') throw this.#fail(first.at, "can't give argument to non-function")
      throw this.#fail(first.at, `can't give argument to non-function ${what}`)
    }
    if (first.kind === 'nil') throw this.#fail(first.at, 'nil is not a command')
    return this.#value(first, dot, scope)
  }

  #value(expression: Expression, dot: Value, scope: Scope[]): Value {
    switch (expression.kind) {
      case 'dot':
        return dot
      case 'nil':
        return null
      case 'bool':
      case 'text':
        return expression.value
      case 'number':
        return constant(expression)
      case 'field':
        return this.#fields(dot, expression.names, expression.at)
      case 'variable':
        return this.#fields(lookup(scope, expression.name)?.value, expression.names, expression.at)
      case 'chain':
        return this.#fields(this.#value(expression.of, dot, scope), expression.names, expression.at)
      case 'function':
        return this.#function(expression, [], dot, scope, undefined)
      case 'pipe': {
        const height = scope.length
        const value = this.#pipe(expression.pipe, dot, scope)
        scope.length = height
        return value
      }
    }
  }

  #fields(of: Value, names: readonly string[], at: number): Value {
    let value = of
    for (const name of names) {
      if (value === null || value === undefined) {
        // What is below a missing key is missing as well, unless missing keys are errors.
        if (value === undefined && this.#options.missingKey !== 'error') continue
        throw this.#fail(at, `nil pointer evaluating interface {}.${name}`)
      }
      if (isMap(value)) {
        if (Object.hasOwn(value, name)) value = value[name]
        else if (this.#options.missingKey === 'error') {
          throw this.#fail(at, `map has no entry for key ${JSON.stringify(name)}`)
        } else value = this.#options.missingKey === 'zero' ? null : undefined
      } else if (isOpaque(value)) value = value.field(name)
      else throw this.#fail(at, `can't evaluate field ${name} in type ${typeOf(value)}`)
    }
    return value
  }

  #function(
    { name, at }: Extract<Expression, { kind: 'function' }>,
    args: readonly Expression[],
    dot: Value,
    scope: Scope[],
    final: { value: Value } | undefined,
  ): Value {
    if (name === 'and' || name === 'or') return this.#shortCircuit(name, at, args, dot, scope, final)
    const found = this.#options.functions[name]
    if (!found) throw this.#fail(at, `${JSON.stringify(name)} is not a defined function`)
    const count = args.length + (final ? 1 : 0)
    const { letters, variadic } = signature(found)
    if (variadic ? count < letters.length - 1 : count !== letters.length) {
      const want = variadic ? `at least ${letters.length - 1}` : String(letters.length)
      throw this.#fail(at, `wrong number of args for ${name}: want ${want} got ${count}`)
    }
    const wanted = (index: number): string => letters[Math.min(index, letters.length - 1)] ?? 'n'
    const values = args.map((arg, index) => this.#argument(arg, wanted(index), dot, scope))
    if (final) values.push(this.#checked(final.value, wanted(args.length), at))
    try {
      return (found.call as (...all: Value[]) => Value)(...values)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw this.#fail(at, `error calling ${name}: ${why}`, error, true)
    }
  }

  #shortCircuit(
    name: 'and' | 'or',
    at: number,
    args: readonly Expression[],
    dot: Value,
    scope: Scope[],
    final: { value: Value } | undefined,
  ): Value {
    if (args.length === 0 && !final) throw this.#fail(at, `wrong number of args for ${name}: want at least 1 got 0`)
    let value: Value
    for (const arg of args) {
      value = this.#value(arg, dot, scope)
      if (truth(value) === (name === 'or')) return value
    }
    return final ? final.value : value
  }

  #argument(arg: Expression, letter: string, dot: Value, scope: Scope[]): Value {
    const wanted = constantKinds[letter]
    if (wanted && isConstant(arg) && !wanted.takes.includes(arg.kind)) {
      throw this.#fail(arg.at, `expected ${wanted.name}; found ${written(arg)}`)
    }
    if (arg.kind === 'number') {
      if (letter === 'i' || letter === 'l') {
        if (arg.int === undefined) throw this.#fail(arg.at, `expected integer; found ${arg.source}`)
        return letter === 'i' ? arg.int : new Int64(arg.int)
      }
      if (letter === 'f') return arg.float
      return this.#checked(constant(arg), letter, arg.at)
    }
    if (arg.kind === 'nil' && !'nm'.includes(letter)) throw this.#fail(arg.at, `cannot assign nil to ${goName(letter)}`)
    return this.#checked(this.#value(arg, dot, scope), letter, arg.at)
  }

  #checked(value: Value, letter: string, at: number): Value {
    if (letter === 'n') return value === undefined ? null : value
    if (value === undefined || value === null) {
      throw this.#fail(at, `invalid value; expected ${goName(letter)}`)
    }
    const fits =
      (letter === 's' && typeof value === 'string') ||
      (letter === 'i' && typeof value === 'bigint') ||
      (letter === 'l' && value instanceof Int64) ||
      (letter === 'f' && typeof value === 'number') ||
      (letter === 'b' && typeof value === 'boolean') ||
      (letter === 'm' && isMap(value))
    if (fits) return value
    throw this.#fail(at, `wrong type for value; expected ${goName(letter)}; got ${typeOf(value)}`)
  }
}

function signature({ takes }: GoFunction): { letters: string; variadic: boolean } {
  return takes.endsWith('*') ? { letters: takes.slice(0, -1), variadic: true } : { letters: takes, variadic: false }
}

function goName(letter: string): string {
  return (
    { s: 'string', i: 'int', l: 'int64', f: 'float64', b: 'bool', m: 'map[string]interface {}' }[letter] ??
    'interface {}'
  )
}

/** A constant is an int where it is written as one. */
function constant({ int, float, source }: Extract<Expression, { kind: 'number' }>): Value {
  return int !== undefined && !/[.eEpP]/.test(source.replace(/^[+-]?0[xX].*/, '')) ? int : float
}

function lookup(scope: readonly Scope[], name: string): Scope | undefined {
  return scope.findLast((each) => each.name === name)
}

/** The piece of the template that an error is about, cut to the length that Go shows. */
function contextOf(text: string, at: number): string {
  const piece = /^(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s|(){}]+)/.exec(text.slice(at))?.[0] ?? ''
  return piece
}

/** The command that begins here, with all its arguments. */
function commandAt(text: string, at: number): string {
  let depth = 0
  for (const match of text.slice(at).matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|[()|]|\s*-?\}\}/g)) {
    if (match[0] === '(') depth++
    else if (match[0] === ')' && depth > 0) depth--
    else if (depth === 0 && !/^["`]/.test(match[0])) return text.slice(at, at + match.index).trim()
  }
  return text.slice(at)
}

function shortened(piece: string): string {
  return piece.length > 20 ? `${piece.slice(0, 20)}...` : piece
}

/** What constants a parameter takes, by its letter, and how Go calls them. */
const constantKinds: Readonly<Record<string, { readonly name: string; readonly takes: readonly string[] }>> = {
  s: { name: 'string', takes: ['text'] },
  i: { name: 'integer', takes: ['number'] },
  l: { name: 'integer', takes: ['number'] },
  f: { name: 'float', takes: ['number'] },
  b: { name: 'bool', takes: ['bool'] },
}

function isConstant({ kind }: Expression): boolean {
  return kind === 'number' || kind === 'bool' || kind === 'text'
}

/** A constant as it stands in the template. */
function written(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return expression.source
    case 'text':
      return JSON.stringify(expression.value)
    case 'bool':
      return String(expression.value)
    case 'dot':
      return '.'
    default:
      return expression.kind
  }
}
