import { selects, type LabelSelector } from '../../k8s/label-selector.ts'
import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, required } from './field-errors.ts'
import { labelValue, qualifiedName } from './names.ts'
import { fieldsList, fieldsOf, isSet, listOf, sortedMap, textOf, type Fields, isFields } from './values.ts'
import { orderedBy } from '../../lang/order.ts'

/** Checks keys and values of labels. */
export function validateLabels(labels: unknown, field: string): FieldError[] {
  return Object.entries(sortedMap(fieldsOf(labels))).flatMap(([key, value]) => [
    ...invalidAll(field, key, qualifiedName(key)),
    ...invalidAll(field, value, labelValue(textOf(value))),
  ])
}

const annotationLimit = 256 * 1024

/** Checks the keys of annotations and the size of all together. */
export function validateAnnotations(annotations: unknown, field: string): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(sortedMap(fieldsOf(annotations)))) {
    errors.push(...invalidAll(field, key, qualifiedName(key.toLowerCase())))
    size += Buffer.byteLength(key) + Buffer.byteLength(textOf(value))
  }
  if (size > annotationLimit) {
    errors.push({
      reason: 'FieldValueTooLong',
      field,
      message: `Too long: may not be more than ${annotationLimit} bytes`,
    })
  }
  return errors
}

/** Checks a label selector's operators, keys and values. */
export function validateSelector(selector: unknown, field: string): FieldError[] {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return [
    ...validateLabels(matchLabels, `${field}.matchLabels`),
    ...fieldsList(matchExpressions).flatMap((expression, index) =>
      validateRequirement(expression, `${field}.matchExpressions[${index}]`),
    ),
  ]
}

function validateRequirement(expression: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const operator = textOf(expression['operator'])
  const values = listOf(expression['values'])
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    }
  } else errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
  errors.push(...invalidAll(`${field}.key`, textOf(expression['key']), qualifiedName(textOf(expression['key']))))
  values.forEach((value, index) => {
    errors.push(...invalidAll(`${field}.values[${index}]`, value, labelValue(textOf(value))))
  })
  return errors
}

/** Whether nothing is selected by a selector's own terms. */
export function isEmptySelector(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return Object.keys(fieldsOf(matchLabels)).length === 0 && listOf(matchExpressions).length === 0
}

/** Whether labels satisfy a selector; undefined if the selector is not valid. An absent selector matches nothing. */
export function selectorMatches(selector: unknown, labels: unknown): boolean | undefined {
  if (selector === undefined || selector === null) return false
  if (validateSelector(selector, '').length > 0) return undefined
  return selects(selector as LabelSelector, fieldsOf(labels) as Record<string, string>)
}

/** A selector in the order in which Go prints it, empty parts left out. */
export function printableSelector(selector: unknown): unknown {
  if (selector === undefined || selector === null) return undefined
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return {
    ...(isSet(matchLabels) && Object.keys(fieldsOf(matchLabels)).length > 0
      ? { matchLabels: sortedMap(fieldsOf(matchLabels)) }
      : {}),
    ...(isSet(matchExpressions)
      ? {
          matchExpressions: fieldsList(matchExpressions).map((expression) => ({
            key: textOf(expression['key']),
            operator: textOf(expression['operator']),
            ...(isSet(expression['values']) ? { values: expression['values'] } : {}),
          })),
        }
      : {}),
  }
}

/** Labels as Go prints them: sorted, or null where nothing is said of them. */
export function printableLabels(labels: unknown): unknown {
  return isFields(labels) ? sortedMap(labels) : undefined
}

/** A selector as `kubectl get -o wide` shows it: `a=b,c in (d,e)`. */
export function formatSelector(selector: unknown): string {
  if (selector === undefined || selector === null) return '<none>'
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  const parts = Object.entries(fieldsOf(matchLabels)).map(([key, value]) => ({ key, text: `${key}=${textOf(value)}` }))
  for (const expression of fieldsList(matchExpressions)) {
    const key = textOf(expression['key'])
    const values = [...listOf(expression['values'])].map(textOf).sort().join(',')
    const texts: Record<string, string> = {
      In: `${key} in (${values})`,
      NotIn: `${key} notin (${values})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    }
    parts.push({ key, text: texts[textOf(expression['operator'])] ?? key })
  }
  if (parts.length === 0) return '<none>'
  return parts
    .sort(orderedBy((one) => one.key))
    .map((part) => part.text)
    .join(',')
}
