import { dictionary } from '../../lang/dictionary.ts'
import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateSelector } from './labels.ts'
import { pathSegment } from './names.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from './values.ts'

/** HorizontalPodAutoscaler: bounds, target, metrics and pace. */
export function validateAutoscaler(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  const min = numberOf(spec['minReplicas'])
  const max = numberOf(spec['maxReplicas']) ?? 0
  if (min !== undefined && min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
  if (max === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  if (max < 0) errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to 1'))
  if (min !== undefined && max < min)
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  const target = fieldsOf(spec['scaleTargetRef'])
  errors.push(...validateReference(target, 'spec.scaleTargetRef'))
  const before = fieldsOf(fieldsOf(previous?.['spec'])['scaleTargetRef'])
  const kept =
    previous !== undefined && before['apiVersion'] === target['apiVersion'] && before['kind'] === target['kind']
  if (!kept) errors.push(...validateTargetVersion(textOf(target['apiVersion']), textOf(target['kind'])))
  fieldsList(spec['metrics']).forEach((metric, index) => {
    errors.push(...validateMetric(metric, `spec.metrics[${index}]`))
  })
  const outside = fieldsList(spec['metrics']).some(({ type }) => type === 'Object' || type === 'External')
  if (min === 0 && !outside) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas'
    errors.push(forbidden('spec.metrics', detail))
  }
  if (isFields(spec['behavior']))
    for (const direction of ['scaleUp', 'scaleDown'])
      if (isFields(spec['behavior'][direction]))
        errors.push(...validateRules(spec['behavior'][direction], `spec.behavior.${direction}`))
  return errors
}

function validateTargetVersion(version: string, kind: string): FieldError[] {
  const field = 'spec.scaleTargetRef.apiVersion'
  const parts = version.split('/')
  if (parts.length > 2) return [invalid(field, version, `unexpected GroupVersion string: ${version}`)]
  const grouped = parts.length === 2 && parts[0] !== ''
  return !grouped && kind !== 'ReplicationController'
    ? [invalid(field, version, 'apiVersion must specify API group')]
    : []
}

function validateReference(reference: Fields, field: string): FieldError[] {
  return ['kind', 'name'].flatMap((name) => {
    const value = textOf(reference[name])
    return value === '' ? [required(`${field}.${name}`)] : invalidAll(`${field}.${name}`, value, pathSegment(value))
  })
}

const sources: Readonly<Record<string, string>> = dictionary({
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
})

function validateMetric(metric: Fields, path: string): FieldError[] {
  const type = textOf(metric['type'])
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'))
  if (!(type in sources)) errors.push(notSupported(`${path}.type`, type, Object.keys(sources)))
  const present = ['object', 'external', 'pods', 'resource', 'containerResource'].filter((name) =>
    isFields(metric[name]),
  )
  const [first] = present
  if (first !== undefined) errors.push(...validateSource(first, fieldsOf(metric[first]), `${path}.${first}`))
  const expected = sources[type] ?? ''
  if (expected !== '' && !present.includes(expected))
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'))
  if (present.length !== 1)
    for (const name of present)
      if (name !== expected) errors.push(forbidden(`${path}.${name}`, 'must populate the given metric source only'))
  return errors
}

function validateSource(kind: string, source: Fields, path: string): FieldError[] {
  const target = fieldsOf(source['target'])
  const errors: FieldError[] = []
  const has = (name: string): boolean => target[name] !== undefined
  const positive = (name: string): boolean => nanoOf(target[name]) > 0n
  if (kind === 'resource' || kind === 'containerResource') {
    if (!isSet(source['name'])) errors.push(required(`${path}.name`, 'must specify a resource name'))
    if (kind === 'containerResource' && !isSet(source['container']))
      errors.push(required(`${path}.container`, 'must specify a container'))
    errors.push(...validateTarget(target, `${path}.target`))
    if (!has('averageUtilization') && !has('averageValue'))
      errors.push(
        required(`${path}.target.averageUtilization`, 'must set either a target raw value or a target utilization'),
      )
    if (has('averageUtilization') && has('averageValue'))
      errors.push(
        forbidden(`${path}.target.averageValue`, 'may not set both a target raw value and a target utilization'),
      )
    return errors
  }
  if (kind === 'object')
    errors.push(...validateReference(fieldsOf(source['describedObject']), `${path}.describedObject`))
  errors.push(...validateIdentifier(fieldsOf(source['metric']), `${path}.metric`))
  errors.push(...validateTarget(target, `${path}.target`))
  const average = `${path}.target.averageValue`
  if (kind === 'pods') {
    if (!has('averageValue') || !positive('averageValue'))
      errors.push(required(average, 'must specify a positive target averageValue'))
  } else if (!has('value') && !has('averageValue'))
    errors.push(
      required(
        average,
        kind === 'object'
          ? 'must set either a target value or averageValue'
          : 'must set either a target value for metric or a per-pod target',
      ),
    )
  else if (kind === 'external' && has('value') && has('averageValue'))
    errors.push(forbidden(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target'))
  return errors
}

function validateIdentifier(metric: Fields, path: string): FieldError[] {
  const name = textOf(metric['name'])
  const errors =
    name === ''
      ? [required(`${path}.name`, 'must specify a metric name')]
      : invalidAll(`${path}.name`, name, pathSegment(name))
  return [...errors, ...validateSelector(metric['selector'], `${path}.selector`)]
}

function validateTarget(target: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const type = textOf(target['type'])
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'))
  for (const name of ['value', 'averageValue'])
    if (target[name] !== undefined && nanoOf(target[name]) <= 0n)
      errors.push(invalid(`${path}.${name}`, canonicalQuantity(target[name]), 'must be positive'))
  const percent = numberOf(target['averageUtilization'])
  if (percent !== undefined && percent < 1)
    errors.push(invalid(`${path}.averageUtilization`, percent, 'must be greater than 0'))
  return errors
}

const selections = ['Disabled', 'Max', 'Min']
const policyTypes = ['Percent', 'Pods']

function validateRules(rules: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const window = numberOf(rules['stabilizationWindowSeconds'])
  if (window !== undefined && window < 0)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'))
  if (window !== undefined && window > 3600)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'))
  const selection = rules['selectPolicy']
  if (isSet(selection) && !selections.includes(textOf(selection)))
    errors.push(notSupported(`${path}.selectPolicy`, selection, selections))
  const policies = fieldsList(rules['policies'])
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  policies.forEach((policy, index) => {
    const field = `${path}.policies[${index}]`
    const value = numberOf(policy['value']) ?? 0
    const period = numberOf(policy['periodSeconds']) ?? 0
    if (!policyTypes.includes(textOf(policy['type'])))
      errors.push(notSupported(`${field}.type`, textOf(policy['type']), policyTypes))
    if (value <= 0) errors.push(invalid(`${field}.value`, value, 'must be greater than zero'))
    if (period <= 0) errors.push(invalid(`${field}.periodSeconds`, period, 'must be greater than zero'))
    if (period > 1800) errors.push(invalid(`${field}.periodSeconds`, period, 'must be less than or equal to 1800'))
  })
  return errors
}
