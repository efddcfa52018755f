import { dictionary } from '../lang/dictionary.ts'
import type { GoFunction } from './functions.ts'
import type { Expression } from './nodes.ts'
import type { Value } from './values.ts'

/** The letters of what a function takes; of a variadic one the last stands for any number. */
export function signature({ takes }: GoFunction): { letters: string; variadic: boolean } {
  return takes.endsWith('*') ? { letters: takes.slice(0, -1), variadic: true } : { letters: takes, variadic: false }
}

/** What Go calls the type behind a letter. */
export function goName(letter: string): string {
  return (
    { s: 'string', i: 'int', l: 'int64', f: 'float64', b: 'bool', t: 'time.Time', m: 'map[string]interface {}' }[
      letter
    ] ?? 'interface {}'
  )
}

/** A constant is an int where it is written as one. */
export function constant({ int, float, source }: Extract<Expression, { kind: 'number' }>): Value {
  return int !== undefined && !/[.eEpP]/.test(source.replace(/^[+-]?0[xX].*/, '')) ? int : float
}

/** What constants a parameter takes, by its letter, and how Go calls them. */
export const constantKinds: Readonly<Record<string, { readonly name: string; readonly takes: string }>> = dictionary({
  s: { name: 'string', takes: 'text' },
  i: { name: 'integer', takes: 'number' },
  l: { name: 'integer', takes: 'number' },
  f: { name: 'float', takes: 'number' },
  b: { name: 'bool', takes: 'bool' },
})

/** What stands in the template itself. */
export function isConstant({ kind }: Expression): boolean {
  return kind === 'number' || kind === 'bool' || kind === 'text'
}

/** Whether a parameter takes a value of any type. */
export function isAny(letter: string): boolean {
  return letter === 'n' || letter === 'v'
}
