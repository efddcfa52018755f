import { compile, type Program as CelProgram } from '../cel/program.ts'
import { fieldsOf, isFields, type Fields } from '../validation/values.ts'

/** Compiles a rule; throws what the compiler says. */
export function compileCel(expression: string): CelProgram {
  return compile(expression, ['self', 'oldSelf'])
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

export type { CelProgram }
