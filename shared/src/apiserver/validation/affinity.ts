import type { FieldError } from '../strategy.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateSelector } from './labels.ts'
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './names.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, textOf, type Fields } from './values.ts'

const must = 'requiredDuringSchedulingIgnoredDuringExecution'
const should = 'preferredDuringSchedulingIgnoredDuringExecution'

/** Checks where a pod wants to be, and beside whom. */
export function validateAffinity(affinity: unknown, field: string): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = fieldsOf(affinity)
  const errors: FieldError[] = []
  if (isFields(nodeAffinity)) {
    const path = `${field}.nodeAffinity`
    if (isFields(nodeAffinity[must])) errors.push(...validateNodeSelector(nodeAffinity[must], `${path}.${must}`))
    fieldsList(nodeAffinity[should]).forEach((term, index) => {
      const at = `${path}.${should}[${index}]`
      errors.push(...validateWeight(term, at), ...validateTerm(fieldsOf(term['preference']), `${at}.preference`, false))
    })
  }
  errors.push(...validatePodTerms(podAffinity, `${field}.podAffinity`))
  errors.push(...validatePodTerms(podAntiAffinity, `${field}.podAntiAffinity`))
  return errors
}

function validateWeight(term: Fields, path: string): FieldError[] {
  const weight = numberOf(term['weight']) ?? 0
  return weight <= 0 || weight > 100 ? [invalid(`${path}.weight`, weight, 'must be in the range 1-100')] : []
}

/** Checks terms that choose nodes. */
export function validateNodeSelector(selector: Fields, field: string): FieldError[] {
  const terms = fieldsList(selector['nodeSelectorTerms'])
  const path = `${field}.nodeSelectorTerms`
  if (terms.length === 0) return [required(path, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => validateTerm(term, `${path}[${index}]`, true))
}

function validateTerm(term: Fields, field: string, checkValues: boolean): FieldError[] {
  return [
    ...fieldsList(term['matchExpressions']).flatMap((item, index) =>
      validateNodeRequirement(item, `${field}.matchExpressions[${index}]`, checkValues),
    ),
    ...fieldsList(term['matchFields']).flatMap((item, index) =>
      validateFieldRequirement(item, `${field}.matchFields[${index}]`),
    ),
  ]
}

function validateNodeRequirement(requirement: Fields, path: string, checkValues: boolean): FieldError[] {
  const errors: FieldError[] = []
  const values = listOf(requirement['values']).map(textOf)
  const operator = textOf(requirement['operator'])
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1)
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
  const key = textOf(requirement['key'])
  errors.push(...invalidAll(`${path}.key`, key, qualifiedName(key)))
  if (checkValues)
    values.forEach((value, index) => errors.push(...invalidAll(`${path}.values[${index}]`, value, labelValue(value))))
  return errors
}

function validateFieldRequirement(requirement: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const values = listOf(requirement['values']).map(textOf)
  const operator = textOf(requirement['operator'])
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1)
      errors.push(
        required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
      )
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
  if (requirement['key'] !== 'metadata.name')
    errors.push(invalid(`${path}.key`, textOf(requirement['key']), 'not a valid field selector key'))
  else
    values.forEach((value, index) => errors.push(...invalidAll(`${path}.values[${index}]`, value, dnsSubdomain(value))))
  return errors
}

function validatePodTerms(affinity: unknown, field: string): FieldError[] {
  if (!isFields(affinity)) return []
  return [
    ...fieldsList(affinity[must]).flatMap((term, index) => validatePodTerm(term, `${field}.${must}[${index}]`)),
    ...fieldsList(affinity[should]).flatMap((term, index) => {
      const path = `${field}.${should}[${index}]`
      return [
        ...validateWeight(term, path),
        ...validatePodTerm(fieldsOf(term['podAffinityTerm']), `${path}.podAffinityTerm`),
      ]
    }),
  ]
}

function validatePodTerm(term: Fields, path: string): FieldError[] {
  const errors = [
    ...validateSelector(term['labelSelector'], `${path}.labelSelector`),
    ...validateSelector(term['namespaceSelector'], `${path}.namespaceSelector`),
  ]
  for (const name of listOf(term['namespaces']).map(textOf))
    errors.push(...invalidAll(`${path}.namespace`, name, dnsLabel(name)))
  const key = textOf(term['topologyKey'])
  if (key === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  errors.push(...invalidAll(`${path}.topologyKey`, key, qualifiedName(key)))
  return errors
}

const actions = ['DoNotSchedule', 'ScheduleAnyway']
const inclusions = ['Honor', 'Ignore']

const pairOf = (constraint: Fields): string =>
  `{${textOf(constraint['topologyKey'])}, ${textOf(constraint['whenUnsatisfiable'])}}`

/** Checks how pods are to be spread. */
export function validateSpreads(constraints: unknown, field: string): FieldError[] {
  const all = fieldsList(constraints)
  return all.flatMap((constraint, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const skew = numberOf(constraint['maxSkew']) ?? 0
    if (skew <= 0) errors.push(invalid(`${path}.maxSkew`, skew, 'must be greater than zero'))
    const key = textOf(constraint['topologyKey'])
    if (key === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'))
    const action = textOf(constraint['whenUnsatisfiable'])
    if (!actions.includes(action)) errors.push(notSupported(`${path}.whenUnsatisfiable`, action, actions))
    const pair = pairOf(constraint)
    if (all.slice(index + 1).some((other) => pairOf(other) === pair))
      errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, pair))
    errors.push(...validateMinDomains(constraint, action, path))
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'])
      if (isSet(constraint[name]) && !inclusions.includes(textOf(constraint[name])))
        errors.push(notSupported(`${path}.${name}`, constraint[name], inclusions))
    return [...errors, ...validateSelector(constraint['labelSelector'], `${path}.labelSelector`)]
  })
}

function validateMinDomains(constraint: Fields, action: string, path: string): FieldError[] {
  const least = numberOf(constraint['minDomains'])
  if (least === undefined) return []
  const errors = least <= 0 ? [invalid(`${path}.minDomains`, least, 'must be greater than zero')] : []
  if (action !== 'DoNotSchedule')
    errors.push(
      invalid(`${path}.minDomains`, least, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`),
    )
  return errors
}
