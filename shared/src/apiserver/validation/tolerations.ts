import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { labelValue, qualifiedName } from './names.ts'
import { fieldsList, sameValue, textOf, type Fields } from './values.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** What a taint does to pods. */
export function validateEffect(effect: unknown, field: string): FieldError[] {
  const text = textOf(effect)
  if (text === '') return [required(field)]
  return effects.includes(text) ? [] : [notSupported(field, text, effects)]
}

/** Checks what a pod puts up with. */
export function validateTolerations(tolerations: unknown, field: string): FieldError[] {
  return fieldsList(tolerations).flatMap((toleration, index) => validateToleration(toleration, `${field}[${index}]`))
}

function validateToleration(toleration: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const [key, operator, effect, value] = ['key', 'operator', 'effect', 'value'].map((name) => textOf(toleration[name]))
  if (key) errors.push(...invalidAll(`${path}.key`, key, qualifiedName(key)))
  else if (operator !== 'Exists')
    errors.push(
      invalid(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    )
  if (toleration['tolerationSeconds'] !== undefined && effect !== 'NoExecute')
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  if (!operator || operator === 'Equal') {
    const complaints = labelValue(value ?? '')
    if (complaints.length > 0) errors.push(invalid(`${path}.operator`, value, complaints.join(';')))
  } else if (operator === 'Exists') {
    if (value) errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
  } else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']))
  if (effect) errors.push(...validateEffect(effect, `${path}.effect`))
  return errors
}

/** Of a pod that exists, tolerations may be added, and their times changed. */
export function validateAddedTolerations(next: unknown, before: unknown, field: string): FieldError[] {
  const kept = fieldsList(before).every((old) =>
    fieldsList(next).some((item) => sameValue({ ...old, tolerationSeconds: item['tolerationSeconds'] }, item)),
  )
  return kept
    ? validateTolerations(next, field)
    : [forbidden(field, 'existing toleration can not be modified except its tolerationSeconds')]
}
