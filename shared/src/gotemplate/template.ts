import { builtins } from './builtins.ts'
import { TemplatePanic } from './error.ts'
import { execute, type MissingKey } from './execute.ts'
import type { Functions } from './functions.ts'
import { parse } from './parse.ts'
import { sprig } from './sprig/index.ts'
import type { Value } from './values.ts'

export interface TemplateOptions {
  /** What errors call the template. */
  readonly name?: string
  /** Beside Go's own and sprig's. */
  readonly functions?: Functions
  /** As Go's `Option`: `missingkey=error` and the like. */
  readonly options?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Renders one of Go's text templates, with sprig's functions. Throws `TemplateError`. */
export function renderTemplate(text: string, data: Value, options: TemplateOptions): string {
  const functions: Functions = { ...builtins, ...sprig(options.now), ...options.functions }
  const isKnown = (name: string): boolean => name === 'and' || name === 'or' || Object.hasOwn(functions, name)
  const parsed = parse(options.name ?? 'template', text, isKnown)
  return execute(parsed, data, { functions, missingKey: missingKeyOf(options.options ?? []) })
}

function missingKeyOf(options: readonly string[]): MissingKey {
  let result: MissingKey = 'default'
  for (const option of options) {
    if (option === '') throw new TemplatePanic('empty option string')
    const [key, value] = option.split('=')
    const known = { default: 'default', invalid: 'default', zero: 'zero', error: 'error' } as const
    if (key !== 'missingkey' || !value || !(value in known)) throw new TemplatePanic(`unrecognized option: ${option}`)
    result = known[value as keyof typeof known]
  }
  return result
}
