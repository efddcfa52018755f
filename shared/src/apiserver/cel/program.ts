import { celEnv, isCelError, plan, type CelFunc, type CelInput } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { complain } from './complaint.ts'
import { kubernetesFunctions } from './library.ts'
import { optionals } from './optional.ts'
import { calledFunctions, freeNames, parseExpression } from './syntax.ts'

export type Bindings = Readonly<Record<string, unknown>>
export type Outcome = { readonly value: unknown } | { readonly error: string }

/** An expression made ready; called with values it gives a value, or the error's text. */
export type Program = (bindings: Bindings) => Outcome

/** An expression that does not compile, in the words of the compiler. */
export class CelCompileError extends Error {}

/** Names that are types or namespaces of functions, not variables. */
const builtins = new Set(
  'bool bytes double duration dyn int list map null_type string timestamp type uint google optional cel sets base64 strings math format jsonpatch Object JSONPatch'.split(
    ' ',
  ),
)

/** Functions of Kubernetes that are not evaluated here: an expression that calls them compiles, and fails when it runs. */
const elsewhere = new Set(
  'masked isCanonical semver isSemver major minor patch uri fieldSelector labelSelector getQuery'.split(' '),
)

/** Compiles an expression that may read `variables`; throws a `CelCompileError`. Functions beside the known ones may be given. */
export function compile(expression: string, variables: readonly string[], functions: readonly CelFunc[] = []): Program {
  const parsed = parsedOrThrow(expression)
  const env = celEnv({ funcs: [...strings, ...optionals, ...kubernetesFunctions, ...functions] })
  const names = freeNames(parsed).filter(({ name }) => !variables.includes(name) && !builtins.has(name))
  const calls = calledFunctions(parsed, expression).filter(
    ({ name, qualified }) => !elsewhere.has(name) && !env.funcs.find(name) && !env.funcs.find(qualified),
  )
  const unknown = [...names, ...calls].sort((a, b) => a.position - b.position)
  if (unknown.length > 0)
    throw new CelCompileError(
      `compilation failed: ${unknown.map(({ name, position }) => complain(expression, position, `undeclared reference to '${name}' (in container '')`)).join('\n')}`,
    )
  const program = plan(env, parsed)
  return (bindings) => {
    try {
      const result: unknown = program(bindings as Record<string, CelInput>)
      return isCelError(result) ? { error: goWords(result.message) } : { value: result }
    } catch (error) {
      return { error: goWords(error instanceof Error ? error.message : String(error)) }
    }
  }
}

function parsedOrThrow(expression: string): ReturnType<typeof parseExpression> {
  try {
    return parseExpression(expression)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (isUnfinished(expression))
      throw new CelCompileError(`compilation failed: ${complain(expression, expression.length, operandMissing)}`)
    const [, line = '1', column = '1', why = message] = /^<input>:(\d+):(\d+): ([^]*)$/.exec(message) ?? []
    const before = expression.split('\n').slice(0, Number(line) - 1)
    const position = before.reduce((sum, text) => sum + text.length + 1, 0) + Number(column) - 1
    throw new CelCompileError(`compilation failed: ${complain(expression, position, `Syntax error: ${why}`)}`)
  }
}

const operandMissing =
  "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

/** Whether an expression ends where an operand should stand. */
function isUnfinished(expression: string): boolean {
  if (!/[^\w\s)\]}"']\s*$/.test(expression)) return false
  try {
    parseExpression(`${expression} x`)
    return true
  } catch {
    return false
  }
}

/** The planner's errors in the words of the reference implementation. */
function goWords(message: string): string {
  const missing = /^field not found: (.*)$/.exec(message)
  if (missing) return `no such key: ${missing[1] ?? ''}`
  if (message.startsWith('found no matching overload') || message.startsWith('unbound function'))
    return 'no such overload'
  return message
}
