import type { FieldError } from '../strategy.ts'
import { invalid, invalidAll } from './field-errors.ts'
import { percentage, portName, portNumber } from './names.ts'
import { fieldsOf, numberOf, type Fields } from './values.ts'

/** What Kubernetes says of negative numbers. */
export const notNegativeMessage = 'must be greater than or equal to 0'

/** Checks that the numbers at `names`, where given, are not negative. */
export function notNegative(object: Fields, field: string, ...names: readonly string[]): FieldError[] {
  return names.flatMap((name) => {
    const value = numberOf(object[name])
    return value !== undefined && value < 0 ? [invalid(`${field}.${name}`, value, notNegativeMessage)] : []
  })
}

/** Checks a number or a percentage. */
export function intOrPercent(value: unknown, field: string): FieldError[] {
  if (typeof value === 'string') return invalidAll(field, value, percentage(value))
  return typeof value === 'number' && value < 0 ? [invalid(field, value, notNegativeMessage)] : []
}

/** Checks that a percentage is not over a hundred. */
export function notOverHundred(value: unknown, field: string): FieldError[] {
  if (typeof value !== 'string' || percentage(value).length > 0) return []
  return Number.parseInt(value, 10) > 100 ? [invalid(field, value, 'must not be greater than 100%')] : []
}

/** The number that a number or percentage says, percentages as they are. */
export function plainAmount(value: unknown): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) || 0 : (numberOf(value) ?? 0)
}

/** Checks a port given by number or by name. */
export function portNumberOrName(value: unknown, field: string): FieldError[] {
  if (typeof value === 'string') return invalidAll(field, value, portName(value))
  const number = numberOf(value) ?? 0
  return invalidAll(field, number, portNumber(number))
}

/** The object at a path of keys, or an empty one. */
export function at(object: unknown, ...path: readonly string[]): Fields {
  return path.reduce<Fields>((value, key) => fieldsOf(value[key]), fieldsOf(object))
}
