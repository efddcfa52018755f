import type { FieldError } from '../strategy.ts'
import { duplicate, immutable, invalidAll, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { validateLabels } from './labels.ts'
import { dnsLabel } from './names.ts'
import { at } from './numbers.ts'
import { validateResources } from './resources.ts'
import { validateTolerations } from './tolerations.ts'
import { fieldsList, isFields, sameValue, textOf, type Fields } from './values.ts'

/** RuntimeClass: the handler stays; what its pods cost and where they go is checked as in pods. */
export function validateRuntimeClass(next: Fields, previous: Fields | undefined): FieldError[] {
  const handler = textOf(next['handler'])
  const errors = handler === '' ? [required('handler')] : invalidAll('handler', handler, dnsLabel(handler))
  if (previous !== undefined)
    return handler === textOf(previous['handler']) ? errors : [...errors, immutable('handler', handler)]
  if (isFields(next['overhead']))
    errors.push(...validateResources({ limits: next['overhead']['podFixed'] }, 'overhead'))
  if (!isFields(next['scheduling'])) return errors
  const { nodeSelector } = next['scheduling']
  if (isFields(nodeSelector)) errors.push(...validateLabels(nodeSelector, 'scheduling.nodeSelector'))
  const tolerations = fieldsList(at(next, 'scheduling')['tolerations'])
  errors.push(...validateTolerations(tolerations, 'scheduling.tolerations'))
  const key = ({ key: name, operator, value, effect }: Fields): unknown => [name, operator, value, effect]
  tolerations.forEach((toleration, index) => {
    if (tolerations.slice(0, index).some((other) => sameValue(key(other), key(toleration)))) {
      const printed = printGo('core.v1.Toleration', toleration)
      errors.push(duplicate(`scheduling.tolerations[${index}]`, printed))
    }
  })
  return errors
}

/** ControllerRevision: a state of the past, that does not change. */
export function validateRevision(next: Fields, previous: Fields | undefined): FieldError[] {
  if (previous === undefined || sameValue(next['data'], previous['data'])) return []
  return [immutable('data', next['data'])]
}
