import type { FieldError } from '../strategy.ts'
import { enumerated } from './choices.ts'
import { invalid } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { validateSelector } from './labels.ts'
import { intOrPercent, notOverHundred } from './numbers.ts'
import { fieldsOf, isSet, type Fields } from './values.ts'

/** PodDisruptionBudget: one of two bounds. */
export function validateDisruptionBudget(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined)
    errors.push(
      invalid(
        'spec',
        printGo('policy.v1.PodDisruptionBudgetSpec', spec),
        'minAvailable and maxUnavailable cannot be both set',
      ),
    )
  for (const name of ['minAvailable', 'maxUnavailable'])
    if (spec[name] !== undefined)
      errors.push(...intOrPercent(spec[name], `spec.${name}`), ...notOverHundred(spec[name], `spec.${name}`))
  errors.push(...validateSelector(spec['selector'], 'spec.selector'))
  if (isSet(spec['unhealthyPodEvictionPolicy']))
    errors.push(
      ...enumerated(spec['unhealthyPodEvictionPolicy'], 'spec.unhealthyPodEvictionPolicy', [
        'AlwaysAllow',
        'IfHealthyBudget',
      ]),
    )
  return errors
}
