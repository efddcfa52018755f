import type { FieldError } from '../strategy.ts'
import { duplicate, invalidAll, required, tooMany } from './field-errors.ts'
import { qualifiedName } from './names.ts'
import { fieldsList, textOf } from './values.ts'

/**
 * What is wrong with an expression of CEL that stands at a field; nothing, where it stood there before. It must give one of
 * some types; where none is named, it may give any.
 */
export type CheckExpression = (expression: string, field: string, ...types: readonly string[]) => readonly FieldError[]

/** Conditions by which webhooks and policies choose among what their rules match. */
export function validateConditions(conditions: unknown, field: string, check: CheckExpression): FieldError[] {
  const items = fieldsList(conditions)
  if (items.length > 64) return [tooMany(field, items.length, 64)]
  const seen = new Set<string>()
  return items.flatMap((condition, index) => {
    const at = `${field}[${index}]`
    const name = textOf(condition['name'])
    const expression = textOf(condition['expression'])
    const errors: FieldError[] = []
    if (expression.trim() === '') errors.push(required(`${at}.expression`))
    else errors.push(...check(expression, `${at}.expression`, 'bool'))
    if (name === '') errors.push(required(`${at}.name`))
    else if (seen.has(name)) errors.push(duplicate(`${at}.name`, name))
    else errors.push(...invalidAll(`${at}.name`, name, qualifiedName(name)))
    seen.add(name)
    return errors
  })
}
