import { dictionary } from '../../lang/dictionary.ts'
import type { FieldError } from '../strategy.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateSelector } from './labels.ts'
import { validateConditions, type CheckExpression } from './match-conditions.ts'
import { dnsSubdomain, pathSegment, qualifiedName } from './names.ts'
import { fieldsList, fieldsOf, isFields, listOf, textOf, type Fields } from './values.ts'
import { validateRule } from './webhooks.ts'

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized']

/** ValidatingAdmissionPolicy. */
export function validatePolicy(next: Fields, check: CheckExpression): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = [...validateShared(spec, check)]
  const { validations, auditAnnotations } = spec
  if (listOf(validations).length === 0 && listOf(auditAnnotations).length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required('spec.validations', why), required('spec.auditAnnotations', why)]
  }
  fieldsList(validations).forEach((item, index) =>
    errors.push(...validateValidation(item, `spec.validations[${index}]`, check)),
  )
  errors.push(...validateAudits(next, fieldsList(auditAnnotations), check))
  return errors
}

/** MutatingAdmissionPolicy. */
export function validateMutatingPolicy(next: Fields, check: CheckExpression): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateShared(spec, check)
  const mutations = fieldsList(spec['mutations'])
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  mutations.forEach((item, index) => errors.push(...validateMutation(item, `spec.mutations[${index}]`, check)))
  const policy = textOf(spec['reinvocationPolicy'])
  if (policy === '') errors.push(required('spec.reinvocationPolicy'))
  else if (policy !== 'Never' && policy !== 'IfNeeded')
    errors.push(notSupported('spec.reinvocationPolicy', policy, ['IfNeeded', 'Never']))
  return errors
}

const patchTypes: Readonly<Record<string, string>> = dictionary({
  ApplyConfiguration: 'applyConfiguration',
  JSONPatch: 'jsonPatch',
})

function validateMutation(item: Fields, field: string, check: CheckExpression): FieldError[] {
  const type = textOf(item['patchType'])
  const names = Object.keys(patchTypes)
  const own = patchTypes[type]
  if (type === '') return [required(`${field}.patchType`)]
  if (own === undefined) return [notSupported(`${field}.patchType`, type, names)]
  const errors = Object.entries(patchTypes).flatMap(([other, name]) =>
    other !== type && item[name] !== undefined
      ? [invalid(`${field}.${name}`, '{}', `not allowed when patchType is ${type}`)]
      : [],
  )
  if (item[own] === undefined)
    return [...errors, required(`${field}.${own}`, `must be specified when patchType is ${type}`)]
  const expression = textOf(fieldsOf(item[own])['expression'])
  const at = `${field}.${own}.expression`
  if (expression.trim() === '') return [...errors, required(at, 'expression is not specified')]
  return [...errors, ...check(expression, at)]
}

/** What validating and mutating policies have in common. */
function validateShared(spec: Fields, check: CheckExpression): FieldError[] {
  const errors: FieldError[] = []
  if (!['Fail', 'Ignore'].includes(textOf(spec['failurePolicy'])))
    errors.push(notSupported('spec.failurePolicy', spec['failurePolicy'], ['Fail', 'Ignore']))
  if (spec['paramKind'] !== undefined) errors.push(...validateParamKind(fieldsOf(spec['paramKind'])))
  const constraints = spec['matchConstraints']
  if (isFields(constraints)) {
    errors.push(...validateMatch(constraints, 'spec.matchConstraints'))
    if (listOf(constraints['resourceRules']).length === 0) errors.push(required('spec.matchConstraints.resourceRules'))
  } else errors.push(required('spec.matchConstraints'))
  errors.push(...validateConditions(spec['matchConditions'], 'spec.matchConditions', check))
  fieldsList(spec['variables']).forEach((variable, index) =>
    errors.push(...validateVariable(variable, `spec.variables[${index}]`, check)),
  )
  return errors
}

function validateParamKind(paramKind: Fields): FieldError[] {
  const errors: FieldError[] = []
  const [apiVersion, kind] = [textOf(paramKind['apiVersion']), textOf(paramKind['kind'])]
  if (apiVersion === '') errors.push(required('spec.paramKind.apiVersion'))
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid('spec.paramKind.apiVersion', apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  if (kind === '') errors.push(required('spec.paramKind.kind'))
  return errors
}

function validateMatch(match: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const list of ['resourceRules', 'excludeResourceRules'])
    fieldsList(match[list]).forEach((rule, index) => errors.push(...validateRule(rule, `${field}.${list}[${index}]`)))
  const policy = match['matchPolicy']
  if (policy !== undefined && !['Equivalent', 'Exact'].includes(textOf(policy)))
    errors.push(notSupported(`${field}.matchPolicy`, policy, ['Equivalent', 'Exact']))
  for (const name of ['namespaceSelector', 'objectSelector'])
    if (match[name] !== undefined) errors.push(...validateSelector(match[name], `${field}.${name}`))
  return errors
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/

function validateVariable(variable: Fields, field: string, check: CheckExpression): FieldError[] {
  const [name, expression] = [textOf(variable['name']), textOf(variable['expression'])]
  const errors: FieldError[] = []
  if (name.trim() === '') errors.push(required(`${field}.name`, 'name is not specified'))
  else if (!identifier.test(name)) errors.push(invalid(`${field}.name`, name, 'name is not a valid CEL identifier'))
  if (expression.trim() === '') errors.push(required(`${field}.expression`, 'expression is not specified'))
  else errors.push(...check(expression, `${field}.expression`))
  return errors
}

function validateValidation(item: Fields, field: string, check: CheckExpression): FieldError[] {
  const errors: FieldError[] = []
  const [expression, message, computed] = ['expression', 'message', 'messageExpression'].map((name) =>
    textOf(item[name]),
  )
  if (expression === undefined || expression.trim() === '')
    errors.push(required(`${field}.expression`, 'expression is not specified'))
  else errors.push(...check(expression, `${field}.expression`, 'bool'))
  if (computed !== undefined && computed !== '') {
    if (computed.trim() === '')
      errors.push(invalid(`${field}.messageExpression`, computed, 'must be non-empty if specified'))
    else errors.push(...check(computed, `${field}.messageExpression`, 'string'))
  }
  if (message !== undefined && message !== '') {
    if (message.trim() === '')
      errors.push(invalid(`${field}.message`, message, 'message must be non-empty if specified'))
    else if (message.trim().includes('\n'))
      errors.push(invalid(`${field}.message`, message, 'message must not contain line breaks'))
  }
  const { reason } = item
  if (reason !== undefined && !reasons.includes(textOf(reason)))
    errors.push(notSupported(`${field}.reason`, reason, reasons))
  return errors
}

function validateAudits(policy: Fields, audits: readonly Fields[], check: CheckExpression): FieldError[] {
  const name = textOf(fieldsOf(policy['metadata'])['name'])
  const seen = new Set<string>()
  return audits.flatMap((audit, index) => {
    const field = `spec.auditAnnotations[${index}]`
    const [key, expression] = [textOf(audit['key']), textOf(audit['valueExpression'])]
    const errors = invalidAll(`${field}.key`, key, qualifiedName(`${name}/${key}`))
    if (expression.trim() === '') errors.push(required(`${field}.valueExpression`, 'valueExpression is not specified'))
    else errors.push(...check(expression, `${field}.valueExpression`, 'string', 'null_type'))
    if (seen.has(key)) errors.push(duplicate(`${field}.key`, key))
    seen.add(key)
    return errors
  })
}

const actions = ['Audit', 'Deny', 'Warn']

/** ValidatingAdmissionPolicyBinding, or a mutating one, which has no actions. */
export function validatePolicyBinding(next: Fields, mutating: boolean): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const name = textOf(spec['policyName'])
  const errors = name === '' ? [required('spec.policyName')] : invalidAll('spec.policyName', name, dnsSubdomain(name))
  if (isFields(spec['paramRef'])) errors.push(...validateParamRef(spec['paramRef'], 'spec.paramRef'))
  // The path is spelled so by the reference implementation.
  if (isFields(spec['matchResources'])) errors.push(...validateMatch(spec['matchResources'], 'spec.matchResouces'))
  if (!mutating) errors.push(...validateActions(listOf(spec['validationActions']).map(textOf)))
  return errors
}

function validateActions(given: readonly string[]): FieldError[] {
  const field = 'spec.validationActions'
  if (given.length === 0) return [required(field, 'at least one validation action is required')]
  const errors = given.flatMap((action, index) => {
    if (!actions.includes(action)) return [notSupported(`${field}[${index}]`, action, actions)]
    return given.indexOf(action) < index ? [duplicate(`${field}[${index}]`, action)] : []
  })
  if (given.includes('Deny') && given.includes('Warn'))
    errors.push(
      invalid(
        field,
        given,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    )
  return errors
}

function validateParamRef(ref: Fields, field: string): FieldError[] {
  const name = textOf(ref['name'])
  const errors = name === '' ? [] : invalidAll(`${field}.name`, name, pathSegment(name))
  const exclusive = 'name and selector are mutually exclusive'
  if (name !== '' && ref['selector'] !== undefined) errors.push(forbidden(`${field}.name`, exclusive))
  if (ref['selector'] !== undefined) {
    errors.push(...validateSelector(ref['selector'], `${field}.selector`))
    if (name !== '') errors.push(forbidden(`${field}.selector`, exclusive))
  }
  if (name === '' && ref['selector'] === undefined)
    errors.push(required(field, 'one of name or selector must be specified'))
  const action = textOf(ref['parameterNotFoundAction'])
  if (action === '') errors.push(required(`${field}.parameterNotFoundAction`))
  else if (action !== 'Allow' && action !== 'Deny')
    errors.push(notSupported(`${field}.parameterNotFoundAction`, action, ['Deny', 'Allow']))
  return errors
}
