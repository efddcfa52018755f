import { TemplateError } from './error.ts'
import type { Functions } from './functions.ts'
import type { Command, Control, Expression, Node, Parsed, Pipe } from './nodes.ts'
import { constant, constantKinds, goName, isAny, isConstant, signature } from './parameters.ts'
import { shownCommand, shownExpression, shownPipe } from './show.ts'
import { Int64, integerOf, isInteger, isMap, isOpaque, print, truth, typeOf, type Value } from './values.ts'
import { inOrder } from '../lang/order.ts'

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
  /** What errors are about: the piece that was looked at last, and the template it is of. */
  #here: Piece = { at: 0, show: () => '' }
  #name: string
  #size = 0
  #depth = 0
  #steps = 0

  constructor(template: Parsed, options: ExecuteOptions) {
    this.#template = template
    this.#options = options
    this.#name = template.name
  }

  nodes(nodes: readonly Node[], dot: Value, scope: Scope[]): void {
    for (const node of nodes) this.#node(node, dot, scope)
  }

  #fail(why: string, cause?: unknown): TemplateError {
    const { name, text } = this.#template
    const { at, show } = this.#here
    const before = text.slice(0, at).split('\n')
    const column = Buffer.byteLength(before.at(-1) ?? '')
    const where = `${name}:${before.length}:${column}: executing ${JSON.stringify(this.#name)} at <${show()}>`
    return new TemplateError(`template: ${where}: ${why}`, { cause })
  }

  #look(expression: Expression): void {
    const at = expression.kind === 'pipe' ? expression.pipe.at : expression.at
    this.#here = { at, show: () => shownExpression(expression) }
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
    const { at, name, pipe } = node
    this.#here = {
      at,
      show: () => `{{template ${JSON.stringify(name)}${pipe ? ` ${shownPipe(pipe)}` : ''}}}`,
    }
    const body = this.#template.templates.get(name)
    if (!body) throw this.#fail(`template ${JSON.stringify(name)} not defined`)
    if (++this.#depth > deepest) throw this.#fail('exceeded maximum template depth (100000)')
    const data = pipe ? this.#pipe(pipe, dot, scope) : undefined
    const outer = this.#name
    this.#name = name
    this.nodes(body, data, [{ name: '$', value: data }])
    this.#name = outer
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
    this.#each(value, variables.length, one)
    if (!any) this.nodes(node.otherwise, dot, scope)
    scope.length = height
  }

  #each(value: Value, variables: number, one: (index: Value, element: Value) => boolean): void {
    if (value === null || value === undefined) return
    if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) if (!one(BigInt(index), element as Value)) return
    } else if (isInteger(value)) {
      if (variables > 1) throw this.#fail(`can't use ${print(value)} to iterate over more than one variable`)
      const end = integerOf(value)
      for (let index = 0n; index < end; index++) {
        if (!one(value instanceof Int64 ? new Int64(index) : index, undefined)) return
      }
    } else if (isMap(value)) {
      for (const key of Object.keys(value).toSorted(inOrder)) if (!one(key, value[key])) return
    } else throw this.#fail(`range can't iterate over ${print(value)}`)
  }

  #pipe(pipe: Pipe, dot: Value, scope: Scope[]): Value {
    this.#here = { at: pipe.at, show: () => shownPipe(pipe) }
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

  #command(command: Command, dot: Value, scope: Scope[], final: Final): Value {
    const [first, ...rest] = command.args
    if (!first) return undefined
    const whole = rest.length > 0 || final !== undefined
    switch (first.kind) {
      case 'function':
        return this.#function(first, command, rest, dot, scope, final)
      case 'field':
      case 'chain':
        return this.#value(first, dot, scope, whole)
      case 'variable':
        if (first.names.length > 0) return this.#value(first, dot, scope, whole)
        break
      case 'pipe':
        if (whole) throw this.#notFunction(first)
        return this.#value(first, dot, scope)
      default:
    }
    this.#look(first)
    if (whole) throw this.#notFunction(first)
    if (first.kind === 'nil') throw this.#fail('nil is not a command')
    return this.#value(first, dot, scope)
  }

  #notFunction(expression: Expression): TemplateError {
    return this.#fail(`can't give argument to non-function ${shownExpression(expression)}`)
  }

  #value(expression: Expression, dot: Value, scope: Scope[], called = false): Value {
    // A pipe begins with what is in it.
    if (expression.kind !== 'pipe') this.#look(expression)
    switch (expression.kind) {
      case 'dot':
        return dot
      case 'nil':
        return null
      case 'bool':
      case 'text':
        return expression.value
      case 'number':
        return this.#constant(expression)
      case 'field':
        return this.#fields(dot, expression.names, called)
      case 'variable':
        return this.#fields(lookup(scope, expression.name)?.value, expression.names, called)
      case 'chain':
        if (expression.of.kind === 'nil') {
          throw this.#fail(`indirection through explicit nil in ${shownExpression(expression)}`)
        }
        return this.#fields(this.#value(expression.of, dot, scope), expression.names, called)
      case 'function':
        return this.#function(expression, undefined, [], dot, scope, undefined)
      case 'pipe': {
        const height = scope.length
        const value = this.#pipe(expression.pipe, dot, scope)
        scope.length = height
        return value
      }
    }
  }

  #fields(of: Value, names: readonly string[], called: boolean): Value {
    const { missingKey } = this.#options
    let value = of
    for (const [index, name] of names.entries()) {
      if (value === undefined) {
        // What is below a missing key is missing as well, unless missing keys are errors.
        if (missingKey === 'error') throw this.#fail(`nil data; no entry for key ${JSON.stringify(name)}`)
        continue
      }
      if (value === null) throw this.#fail(`nil pointer evaluating interface {}.${name}`)
      if (isMap(value)) {
        if (called && index === names.length - 1) throw this.#fail(`${name} is not a method but has arguments`)
        if (Object.hasOwn(value, name)) value = value[name]
        else if (missingKey === 'error') throw this.#fail(`map has no entry for key ${JSON.stringify(name)}`)
        else value = missingKey === 'zero' ? null : undefined
      } else if (isOpaque(value)) value = value.field(name)
      // What comes out of a map is of the map's type of values.
      else throw this.#fail(`can't evaluate field ${name} in type ${index === 0 ? typeOf(value) : 'interface {}'}`)
    }
    return value
  }

  /** A number as the template has it, where nothing says of which type it is to be. */
  #constant(expression: Extract<Expression, { kind: 'number' }>): Value {
    const value = constant(expression)
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
      throw this.#fail(`${expression.source} overflows int`)
    }
    return value
  }

  #function(
    expression: Extract<Expression, { kind: 'function' }>,
    command: Command | undefined,
    args: readonly Expression[],
    dot: Value,
    scope: Scope[],
    final: Final,
  ): Value {
    const { name } = expression
    this.#look(expression)
    if (name === 'and' || name === 'or') return this.#shortCircuit(name, args, dot, scope, final)
    const found = this.#options.functions[name]
    if (!found) throw this.#fail(`${JSON.stringify(name)} is not a defined function`)
    const count = args.length + (final ? 1 : 0)
    const { letters, variadic } = signature(found)
    if (variadic && count < letters.length - 1) {
      throw this.#fail(`wrong number of args for ${name}: want at least ${letters.length - 1} got ${args.length}`)
    }
    if (!variadic && count !== letters.length) {
      throw this.#fail(`wrong number of args for ${name}: want ${letters.length} got ${count}`)
    }
    const wanted = (index: number): string => letters[Math.min(index, letters.length - 1)] ?? 'n'
    const values = args.map((arg, index) => this.#argument(arg, wanted(index), dot, scope))
    if (final) values.push(this.#checked(final.value, wanted(args.length)))
    try {
      return (found.call as (...all: Value[]) => Value)(...values)
    } catch (error) {
      if (command) this.#here = { at: command.at, show: () => shownCommand(command) }
      else this.#look(expression)
      let why = error instanceof Error ? error.message : String(error)
      const callee = args[0] ? shownExpression(args[0]) : print(final?.value ?? null)
      if (name === 'call') why = why.replace(/^non-function of/, `non-function ${callee} of`)
      throw this.#fail(`error calling ${name}: ${why}`, error)
    }
  }

  #shortCircuit(name: 'and' | 'or', args: readonly Expression[], dot: Value, scope: Scope[], final: Final): Value {
    if (args.length === 0 && !final) throw this.#fail(`wrong number of args for ${name}: want at least 1 got 0`)
    let value: Value
    for (const arg of args) {
      value = this.#value(arg, dot, scope)
      if (truth(value) === (name === 'or')) return value
    }
    return final ? final.value : value
  }

  #argument(arg: Expression, letter: string, dot: Value, scope: Scope[]): Value {
    this.#look(arg)
    if (arg.kind === 'nil') {
      if (!'nvm'.includes(letter)) throw this.#fail(`cannot assign nil to ${goName(letter)}`)
      return letter === 'm' ? {} : null
    }
    const wanted = constantKinds[letter]
    if (isConstant(arg) && !isAny(letter)) {
      if (!wanted) throw this.#fail(`can't handle ${shownExpression(arg)} for arg of type ${goName(letter)}`)
      if (arg.kind !== wanted.takes) throw this.#fail(`expected ${wanted.name}; found ${shownExpression(arg)}`)
    }
    if (arg.kind === 'number') {
      if (letter === 'i' || letter === 'l') {
        if (arg.int === undefined) throw this.#fail(`expected integer; found ${arg.source}`)
        return letter === 'i' ? arg.int : new Int64(arg.int)
      }
      if (letter === 'f') return arg.float
    }
    const value = this.#value(arg, dot, scope)
    // A field that is nil has a type, interface {}; what comes out of parentheses or a variable has none.
    const typed = arg.kind !== 'pipe' && !(arg.kind === 'variable' && arg.names.length === 0)
    if (value === null && typed && !isAny(letter)) {
      throw this.#fail(`wrong type for value; expected ${goName(letter)}; got interface {}`)
    }
    return this.#checked(value, letter)
  }

  #checked(value: Value, letter: string): Value {
    if (letter === 'v') return value
    if (letter === 'n') return value === undefined ? null : value
    if (value === undefined || value === null) {
      if (letter === 'm') return {}
      throw this.#fail(`invalid value; expected ${goName(letter)}`)
    }
    const fits =
      (letter === 's' && typeof value === 'string') ||
      (letter === 'i' && typeof value === 'bigint') ||
      (letter === 'l' && value instanceof Int64) ||
      (letter === 'f' && typeof value === 'number') ||
      (letter === 'b' && typeof value === 'boolean') ||
      (letter === 'm' && isMap(value)) ||
      (letter === 't' && isOpaque(value) && value.goType === 'time.Time')
    if (fits) return value
    throw this.#fail(`wrong type for value; expected ${goName(letter)}; got ${typeOf(value)}`)
  }
}

/** What comes through the pipe into a command. */
type Final = { readonly value: Value } | undefined

interface Piece {
  readonly at: number
  readonly show: () => string
}

function lookup(scope: readonly Scope[], name: string): Scope | undefined {
  return scope.findLast((each) => each.name === name)
}
