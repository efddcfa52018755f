import type { Bindings, Program } from '../../cel/program.ts'

export interface Variable {
  readonly name: string
  readonly program: Program
}

export interface Evaluated {
  /** All bindings, with `variables` in them. */
  readonly values: Bindings
  /** An error's text; of a variable that could not be evaluated, what was wrong with it. */
  readonly explain: (error: string) => string
}

/** Evaluates variables in order, each with those before it. One that fails is told of where it is used. */
export function evaluateVariables(variables: readonly Variable[], base: Bindings): Evaluated {
  const known = new Map<string, unknown>()
  const values = { ...base, variables: known }
  const broken = new Map<string, string>()
  const explain = (error: string): string => {
    const [, name = ''] = /^no such key: (.*)$/.exec(error) ?? []
    const why = broken.get(name)
    return why === undefined ? error : `composited variable ${JSON.stringify(name)} fails to evaluate: ${why}`
  }
  for (const { name, program } of variables) {
    const outcome = program(values)
    if ('value' in outcome) known.set(name, outcome.value)
    else broken.set(name, explain(outcome.error))
  }
  return { values, explain }
}
