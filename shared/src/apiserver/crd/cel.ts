import { celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { fieldsOf, isFields, type Fields } from '../validation/values.ts'

type CelInput = Parameters<ReturnType<typeof plan>>[0] extends (infer Context) | undefined
  ? Context extends Record<string, infer Input>
    ? Input
    : never
  : never

/** An expression made ready; called with values it gives a value, or the error's text. */
export type CelProgram = (
  bindings: Readonly<Record<string, unknown>>,
) => { readonly value: unknown } | { readonly error: string }

/** Compiles an expression; throws what the parser says. */
export function compileCel(expression: string): CelProgram {
  const program = plan(celEnv({ funcs: strings }), parse(expression))
  return (bindings) => {
    try {
      const result: unknown = program(bindings as Record<string, CelInput>)
      return isCelError(result) ? { error: result.message } : { value: result }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }
}

/** A JSON value as CEL sees it: whole numbers are ints unless the schema says `number`. */
export function toCel(value: unknown, schema: Fields = {}): unknown {
  if (typeof value === 'number') return schema['type'] !== 'number' && Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map((item) => toCel(item, fieldsOf(schema['items'])))
  if (!isFields(value)) return value
  const properties = fieldsOf(schema['properties'])
  const rest = fieldsOf(schema['additionalProperties'])
  return new Map(
    Object.entries(value).map(([name, item]) => [
      name,
      toCel(item, isFields(properties[name]) ? properties[name] : rest),
    ]),
  )
}

/** Remembers programs by their text, so that a rule is compiled once. */
export class CelPrograms {
  readonly #programs = new Map<string, CelProgram>()

  get(expression: string): CelProgram {
    let program = this.#programs.get(expression)
    if (program === undefined) {
      program = compileCel(expression)
      this.#programs.set(expression, program)
    }
    return program
  }
}
