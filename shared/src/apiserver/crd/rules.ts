import type { CelInput } from '@bufbuild/cel'
import { dictionary } from '../../lang/dictionary.ts'
import { jsonEqual } from '../../lang/json.ts'
import { nothing, some } from '../cel/optional.ts'
import type { FieldError } from '../strategy.ts'
import { printValue } from '../validation/field-errors.ts'
import { fieldsList, fieldsOf, isFields, listOf, sameValue, textOf, type Fields } from '../validation/values.ts'
import { toCel, type CelPrograms } from './cel.ts'

/** Evaluates `x-kubernetes-validations` all over a value. `old` is there on updates, for rules that compare. */
export function checkRules(
  schema: Fields,
  value: unknown,
  path: string,
  programs: CelPrograms,
  old?: { readonly value: unknown },
): FieldError[] {
  if (value === undefined || value === null) return []
  if (old !== undefined && jsonEqual(value, old.value)) return []
  const errors = fieldsList(schema['x-kubernetes-validations']).flatMap((rule) =>
    checkRule(rule, schema, value, path, programs, old),
  )
  if (isFields(value)) {
    const properties = fieldsOf(schema['properties'])
    for (const [name, item] of Object.entries(value)) {
      const property = properties[name] ?? schema['additionalProperties']
      if (!isFields(property)) continue
      const former = isFields(old?.value) && name in old.value ? { value: old.value[name] } : undefined
      errors.push(...checkRules(property, item, path === '' ? name : `${path}.${name}`, programs, former))
    }
  }
  if (Array.isArray(value) && isFields(schema['items'])) {
    const items = schema['items']
    const keys = listOf(schema['x-kubernetes-list-map-keys']).map(textOf)
    value.forEach((item, index) => {
      const former =
        keys.length === 0
          ? undefined
          : listOf(old?.value).find((other) =>
              keys.every((key) => sameValue(fieldsOf(other)[key], fieldsOf(item)[key])),
            )
      errors.push(
        ...checkRules(items, item, `${path}[${index}]`, programs, former === undefined ? undefined : { value: former }),
      )
    })
  }
  return errors
}

function checkRule(
  rule: Fields,
  schema: Fields,
  value: unknown,
  path: string,
  programs: CelPrograms,
  old: { readonly value: unknown } | undefined,
): FieldError[] {
  const expression = textOf(rule['rule'])
  const transition = /\boldSelf\b/.test(expression)
  if (transition && old === undefined && rule['optionalOldSelf'] !== true) return []
  const bindings: Record<string, unknown> = { self: toCel(value, schema) }
  if (transition) {
    const former = old === undefined ? undefined : toCel(old.value, schema)
    if (rule['optionalOldSelf'] === true) bindings['oldSelf'] = old === undefined ? nothing() : some(former as CelInput)
    else bindings['oldSelf'] = former
  }
  const result = programs.get(expression)(bindings)
  if ('value' in result && result.value === true) return []
  const field = `${path}${textOf(rule['fieldPath'])}`.replace(/^\./, '')
  if ('error' in result)
    return [refusal('FieldValueInvalid', field, value, `rule evaluation error: ${result.error}: ${expression}`)]
  return [refusal(textOf(rule['reason']) || 'FieldValueInvalid', field, value, messageOf(rule, bindings, programs))]
}

function messageOf(rule: Fields, bindings: Readonly<Record<string, unknown>>, programs: CelPrograms): string {
  const expression = textOf(rule['messageExpression'])
  if (expression !== '') {
    const result = programs.get(expression)(bindings)
    if ('value' in result && typeof result.value === 'string' && result.value.trim() !== '') return result.value
  }
  return textOf(rule['message']).trim() || `failed rule: ${textOf(rule['rule'])}`
}

const heads: Readonly<Record<string, string>> = dictionary({
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required value',
})

function refusal(reason: string, field: string, value: unknown, text: string): FieldError {
  const shown = field === '' ? '<nil>' : field
  const head = heads[reason]
  if (head !== undefined) return { reason, field: shown, message: `${head}: ${text}` }
  if (reason === 'FieldValueDuplicate')
    return { reason, field: shown, message: `Duplicate value: ${printValue(value)}` }
  // Whole objects and lists are not printed.
  const printed = typeof value === 'object' ? '' : ` ${printValue(value)}:`
  return { reason, field: shown, message: `Invalid value:${printed} ${text}` }
}

const blocking = new Set([
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
])

/** Whether mistakes of the schema keep rules from being looked at. */
export function blocksRules(errors: readonly FieldError[]): boolean {
  return errors.some((error) => blocking.has(error.reason))
}

/** Whether a schema has any rule. */
export function hasRules(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasRules)
  if (!isFields(schema)) return false
  return listOf(schema['x-kubernetes-validations']).length > 0 || Object.values(schema).some(hasRules)
}

/** What is said where rules could not be looked at. */
export const rulesSkipped: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}
