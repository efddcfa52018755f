import type { FieldError } from '../strategy.ts'
import { duplicate, immutable, invalid, invalidAll, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { validateLabels } from './labels.ts'
import { dnsLabel } from './names.ts'
import { at } from './numbers.ts'
import { validateResources } from './resources.ts'
import { validateTolerations } from './tolerations.ts'
import { fieldsList, isFields, numberOf, sameValue, textOf, type Fields } from './values.ts'

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
  const revision = numberOf(next['revision']) ?? 0
  const errors = revision < 0 ? [invalid('revision', revision, 'must be greater than or equal to 0')] : []
  const { data } = next
  if (previous !== undefined) return sameValue(data, previous['data']) ? errors : [...errors, immutable('data', data)]
  if (data === undefined || data === null) return [...errors, required('data', 'data is mandatory')]
  return isFields(data) ? errors : [...errors, required('data', 'data must be a valid JSON object')]
}
