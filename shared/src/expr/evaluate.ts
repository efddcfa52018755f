import { deepEqual } from '../lang/deep-equal.ts'
import { goRegexp } from '../lang/go-regexp.ts'
import { builtins, type Predicate } from './builtins.ts'
import { ExprError } from './lex.ts'
import { parseExpr, type Node } from './parse.ts'
import { inOrder } from '../lang/order.ts'

/** Steps that one evaluation may take. */
const mostSteps = 1_000_000

interface Scope {
  readonly names: Readonly<Record<string, unknown>>
  readonly items: Readonly<Record<string, unknown>>
  readonly steps: { left: number }
}

/**
 * Works out an expression of expr-lang, as Argo CD's conditions are written, over plain JSON values and functions.
 * Throws `ExprError`.
 */
export function evaluateExpr(source: string, environment: Readonly<Record<string, unknown>>): unknown {
  return evaluate(parseExpr(source), { names: environment, items: {}, steps: { left: mostSteps } })
}

function evaluate(node: Node, scope: Scope): unknown {
  if (scope.steps.left-- <= 0) throw new ExprError('the expression takes too long')
  const of = (each: Node): unknown => evaluate(each, scope)
  switch (node.kind) {
    case 'value':
      return node.value
    case 'name':
      return Object.hasOwn(scope.names, node.name) ? scope.names[node.name] : null
    case 'item':
      return scope.items[node.name] ?? null
    case 'member':
      return member(of(node.of), of(node.key), node.optional)
    case 'slice':
      return slice(of(node.of), node.from && of(node.from), node.to && of(node.to))
    case 'call':
      return call(node, scope)
    case 'unary':
      return negate(node.operator, of(node.of))
    case 'binary':
      return binary(node.operator, node.left, node.right, of)
    case 'choice':
      return of(truth(of(node.test)) ? node.yes : node.no)
    case 'array':
      return node.items.map(of)
    case 'map':
      return Object.fromEntries(node.entries.map(([key, value]) => [String(of(key)), of(value)]))
    case 'let':
      return evaluate(node.body, { ...scope, names: { ...scope.names, [node.name]: of(node.value) } })
    case 'predicate':
      return ((item: unknown, index: number) =>
        evaluate(node.body, { ...scope, items: { '#': item, index } })) satisfies Predicate
  }
}

function call(node: Node & { kind: 'call' }, scope: Scope): unknown {
  const { callee } = node
  const name = callee.kind === 'name' ? callee.name : undefined
  const given = name !== undefined && Object.hasOwn(scope.names, name) ? scope.names[name] : undefined
  const called = given ?? (name === undefined ? evaluate(callee, scope) : undefined)
  const known = typeof called === 'function' ? (called as (...args: unknown[]) => unknown) : builtins[name ?? '']
  if (!known) throw new ExprError(`unknown function ${name ?? ''}`.trim())
  return known(...node.args.map((arg) => evaluate(arg, scope)))
}

function member(of: unknown, key: unknown, optional: boolean): unknown {
  if (of === null || of === undefined) {
    if (optional) return null
    throw new ExprError(`cannot fetch ${String(key)} from <nil>`)
  }
  if (Array.isArray(of) || typeof of === 'string') {
    if (typeof key !== 'number') throw new ExprError(`cannot fetch ${String(key)} from ${kindOf(of)}`)
    const at = key < 0 ? of.length + key : key
    if (at < 0 || at >= of.length) throw new ExprError(`index out of range: ${key} (array length is ${of.length})`)
    return (of as ArrayLike<unknown>)[at]
  }
  if (typeof of === 'object') {
    return Object.hasOwn(of, String(key)) ? ((of as Record<string, unknown>)[String(key)] ?? null) : null
  }
  throw new ExprError(`cannot fetch ${String(key)} from ${kindOf(of)}`)
}

function slice(of: unknown, from: unknown, to: unknown): unknown {
  if (!Array.isArray(of) && typeof of !== 'string') throw new ExprError(`cannot slice ${kindOf(of)}`)
  return of.slice(from === undefined ? 0 : Number(from), to === undefined ? undefined : Number(to))
}

function negate(operator: string, value: unknown): unknown {
  if (operator === '!' || operator === 'not') return !truth(value)
  const number = numeric(operator, value, value)
  return operator === '-' ? -number[0] : number[0]
}

function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new ExprError(`interface conversion: interface {} is ${kindOf(value)}, not bool`)
}

function binary(operator: string, left: Node, right: Node, of: (node: Node) => unknown): unknown {
  if (operator === 'and' || operator === '&&') return truth(of(left)) && truth(of(right))
  if (operator === 'or' || operator === '||') return truth(of(left)) || truth(of(right))
  if (operator === '??') return attempt(() => of(left)) ?? of(right)
  const [a, b] = [of(left), of(right)]
  switch (operator) {
    case '==':
      return equal(a, b)
    case '!=':
      return !equal(a, b)
    case 'in':
      return isIn(a, b)
    case 'contains':
      return texts(operator, a, b, (x, y) => x.includes(y))
    case 'startsWith':
      return texts(operator, a, b, (x, y) => x.startsWith(y))
    case 'endsWith':
      return texts(operator, a, b, (x, y) => x.endsWith(y))
    case 'matches':
      return texts(operator, a, b, (x, y) => goRegexp(y).test(x))
    case '<':
      return order(operator, a, b) < 0
    case '>':
      return order(operator, a, b) > 0
    case '<=':
      return order(operator, a, b) <= 0
    case '>=':
      return order(operator, a, b) >= 0
    default:
      return arithmetic(operator, a, b)
  }
}

function arithmetic(operator: string, a: unknown, b: unknown): unknown {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return a + b
  if (a instanceof Date || b instanceof Date) return withTimes(operator, a, b)
  const [x, y] = numeric(operator, a, b)
  switch (operator) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
      return x / y
    case '%':
      if (y === 0) throw new ExprError('integer divide by zero')
      return x % y
    case '..':
      if (y - x > 100_000) throw new ExprError('memory budget exceeded')
      return Array.from({ length: Math.max(0, y - x + 1) }, (_, at) => x + at)
    default:
      return x ** y
  }
}

/** Durations are nanoseconds, as in Go. */
function withTimes(operator: string, a: unknown, b: unknown): unknown {
  if (operator === '-' && a instanceof Date && b instanceof Date) return (a.getTime() - b.getTime()) * 1e6
  const by = typeof b === 'number' ? b : Number.NaN
  if (a instanceof Date && operator === '+') return new Date(a.getTime() + by / 1e6)
  if (a instanceof Date && operator === '-') return new Date(a.getTime() - by / 1e6)
  throw new ExprError(`invalid operation: ${kindOf(a)} ${operator} ${kindOf(b)}`)
}

function equal(a: unknown, b: unknown): boolean {
  return deepEqual(a ?? null, b ?? null)
}

function isIn(a: unknown, b: unknown): boolean {
  if (b === null || b === undefined) return false
  if (Array.isArray(b)) return b.some((each) => equal(each, a))
  if (typeof b === 'object') return Object.hasOwn(b, String(a))
  throw new ExprError(`operator "in" not defined on ${kindOf(b)}`)
}

function texts(operator: string, a: unknown, b: unknown, test: (a: string, b: string) => boolean): boolean {
  if (a === null || b === null) return false
  if (typeof a === 'string' && typeof b === 'string') return test(a, b)
  throw new ExprError(
    `interface conversion: interface {} is ${kindOf(typeof a === 'string' ? b : a)}, not string (${operator})`,
  )
}

function order(operator: string, a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return inOrder(a, b)
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime()
  const [x, y] = numeric(operator, a, b)
  return x - y
}

function numeric(operator: string, a: unknown, b: unknown): readonly [number, number] {
  if (typeof a === 'number' && typeof b === 'number') return [a, b]
  throw new ExprError(`invalid operation: ${kindOf(a)} ${operator} ${kindOf(b)}`)
}

function attempt(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    if (error instanceof ExprError) return undefined
    throw error
  }
}

/** The name of Go's type that would hold the value. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (value instanceof Date) return 'time.Time'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
