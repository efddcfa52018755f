import type { FieldError } from '../strategy.ts'
import { duplicate, invalid, invalidAll, notSupported, required, tooLong, tooMany, wrong } from './field-errors.ts'
import { qualifiedName } from './names.ts'
import { at, notNegative } from './numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, textOf, type Fields } from './values.ts'

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']

/** One of several words that must be said: Go prints the choice in brackets where nothing is. */
function oneOf(value: string, field: string, supported: readonly string[]): FieldError[] {
  if (value === '') return [required(field, `valid values: [${supported.map((word) => `"${word}"`).join(' ')}]`)]
  return supported.includes(value) ? [] : [notSupported(field, value, supported)]
}

/** Checks what a job does where its pods fail. */
export function validateFailurePolicy(spec: Fields, field: string): FieldError[] {
  const rules = fieldsList(at(spec, 'podFailurePolicy')['rules'])
  const pod = at(spec, 'template', 'spec')
  const containers = new Set(
    [...fieldsList(pod['containers']), ...fieldsList(pod['initContainers'])].map((container) => container['name']),
  )
  const errors = rules.length > 20 ? [tooMany(`${field}.rules`, rules.length, 20)] : []
  rules.forEach((rule, index) => {
    const at = `${field}.rules[${index}]`
    const action = textOf(rule['action'])
    if (action === 'FailIndex' && spec['backoffLimitPerIndex'] === undefined)
      errors.push(invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'))
    else errors.push(...oneOf(action, `${at}.action`, actions))
    const codes = rule['onExitCodes']
    const conditions = fieldsList(rule['onPodConditions'])
    if (isFields(codes)) errors.push(...validateExitCodes(codes, `${at}.onExitCodes`, containers))
    errors.push(...validateConditions(conditions, `${at}.onPodConditions`))
    if (isFields(codes) && conditions.length > 0)
      errors.push(wrong(at, 'specifying both OnExitCodes and OnPodConditions is not supported'))
    if (!isFields(codes) && conditions.length === 0)
      errors.push(wrong(at, 'specifying one of OnExitCodes and OnPodConditions is required'))
  })
  return errors
}

function validateConditions(conditions: readonly Fields[], field: string): FieldError[] {
  const errors = conditions.length > 20 ? [tooMany(field, conditions.length, 20)] : []
  conditions.forEach((condition, index) => {
    const type = textOf(condition['type'])
    errors.push(...invalidAll(`${field}[${index}].type`, type, qualifiedName(type)))
    errors.push(...oneOf(textOf(condition['status']), `${field}[${index}].status`, statuses))
  })
  return errors
}

function validateExitCodes(codes: Fields, field: string, containers: ReadonlySet<unknown>): FieldError[] {
  const errors = oneOf(textOf(codes['operator']), `${field}.operator`, operators)
  const name = codes['containerName']
  if (isSet(name) && !containers.has(name)) {
    const detail = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(`${field}.containerName`, name, detail))
  }
  const values = listOf(codes['values']).map(Number)
  if (values.length === 0) errors.push(invalid(`${field}.values`, codes['values'], 'at least one value is required'))
  else if (values.length > 255) errors.push(tooMany(`${field}.values`, values.length, 255))
  values.forEach((value, index) => {
    const at = `${field}.values[${index}]`
    if (codes['operator'] === 'In' && value === 0) errors.push(invalid(at, 0, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index) errors.push(duplicate(at, value))
  })
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? 0) > value))
    errors.push(invalid(`${field}.values`, values, 'must be ordered'))
  return errors
}

/** Checks when an indexed job has succeeded. */
export function validateSuccessPolicy(spec: Fields, field: string): FieldError[] {
  const rules = fieldsList(at(spec, 'successPolicy')['rules'])
  const completions = numberOf(spec['completions']) ?? 0
  const detail = 'at least one rules must be specified when the successPolicy is specified'
  const errors = rules.length === 0 ? [required(`${field}.rules`, detail)] : []
  if (rules.length > 20) errors.push(tooMany(`${field}.rules`, rules.length, 20))
  rules.forEach((rule, index) => errors.push(...validateSuccess(rule, `${field}.rules[${index}]`, completions)))
  return errors
}

function validateSuccess(rule: Fields, field: string, completions: number): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = fieldsOf(rule)
  const errors: FieldError[] = []
  if (!isSet(count) && !isSet(indexes))
    errors.push(required(field, 'at least one of succeededCount or succeededIndexes must be specified'))
  let total = 0
  if (typeof indexes === 'string') {
    if (indexes.length > 65536) errors.push(tooLong(`${field}.succeededIndexes`, 65536))
    const counted = countIndexes(indexes, completions)
    if (typeof counted === 'number') total = counted
    else errors.push(invalid(`${field}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${counted}`))
  }
  if (typeof count !== 'number') return errors
  errors.push(...notNegative(rule, field, 'succeededCount'))
  const tooLarge = (limit: number, of: string): FieldError =>
    invalid(`${field}.succeededCount`, count, `must be less than or equal to ${limit} (the number of ${of})`)
  if (count > completions) errors.push(tooLarge(completions, 'specified completions'))
  if (typeof indexes === 'string' && count > total)
    errors.push(tooLarge(total, 'indexes in the specified succeededIndexes field'))
  return errors
}

/** How many indexes a text as `1,3-5` names, or what is wrong with it. */
export function countIndexes(text: string, completions: number): number | string {
  let total = 0
  let last = -1
  for (const interval of text === '' ? [] : text.split(',')) {
    const parts = interval.split('-')
    if (parts.length > 2)
      return `the fragment "${interval}" violates the requirement that an index interval can have at most two parts separated by '-'`
    const ends = parts.map(Number)
    for (const [position, part] of parts.entries()) {
      if (!/^[+-]?\d+$/.test(part)) return `cannot convert string to integer for index: "${part}"`
      if ((ends[position] ?? 0) >= completions) return `too large index: "${part}"`
    }
    const [first = 0, end] = ends
    if (end !== undefined && first >= end) return `non-increasing order, previous: ${first}, current: ${end}`
    if (last >= first) return `non-increasing order, previous: ${last}, current: ${first}`
    last = end ?? first
    total += last - first + 1
  }
  return total
}

/** The first index that two such texts both name. */
export function overlap(one: string, other: string): number | undefined {
  const read = (text: string): [number, number][] =>
    text.split(',').flatMap((interval) => {
      const [first = Number.NaN, last = first] = interval.split('-').map(Number)
      return interval !== '' && first <= last ? [[first, last]] : []
    })
  for (const [first, last] of read(one))
    for (const [start, end] of read(other)) if (first <= end && start <= last) return Math.max(first, start)
  return undefined
}
