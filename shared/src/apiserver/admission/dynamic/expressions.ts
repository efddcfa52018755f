import type { AccessOracles } from '../../cel/authorizer.ts'
import type { Program } from '../../cel/program.ts'
import { fieldsList, textOf, type Fields } from '../../validation/values.ts'
import { compileAdmission } from './activation.ts'
import type { Variable } from './variables.ts'

/** An expression, and what it was compiled to. */
export interface Expression {
  readonly expression: string
  readonly program: Program
}

/** What policies of every kind have: when they count, and what they give names to. */
export interface Prelude {
  readonly conditions: readonly Expression[]
  readonly variables: readonly Variable[]
}

export type Compile = (expression: unknown) => Expression

export function expressionCompiler(oracles: AccessOracles): Compile {
  return (expression) => ({
    expression: textOf(expression),
    program: compileAdmission(textOf(expression), oracles),
  })
}

export function preludeOf(spec: Fields, compile: Compile): Prelude {
  return {
    conditions: fieldsList(spec['matchConditions']).map((item) => compile(item['expression'])),
    variables: fieldsList(spec['variables']).map((item) => ({
      name: textOf(item['name']),
      program: compile(item['expression']).program,
    })),
  }
}
