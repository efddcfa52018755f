import type { FieldError } from '../strategy.ts'
import { validateContainers } from './containers.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateAnnotations, validateLabels } from './labels.ts'
import { configMapKey, dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './names.ts'
import { at, notNegative } from './numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from './values.ts'

const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

/** Checks labels, annotations and spec of a pod template. */
export function validatePodTemplate(template: unknown, field: string): FieldError[] {
  const { metadata, spec } = fieldsOf(template)
  const { labels, annotations } = fieldsOf(metadata)
  return [
    ...validateLabels(labels, `${field}.labels`),
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...validatePodSpec(fieldsOf(spec), `${field}.spec`),
  ]
}

/** Checks a pod's spec. */
export function validatePodSpec(spec: Fields, field: string): FieldError[] {
  const { errors, names } = validateVolumes(spec['volumes'], `${field}.volumes`)
  const taken = new Set<string>()
  if (fieldsList(spec['containers']).length === 0) errors.push(required(`${field}.containers`))
  errors.push(...validateContainers(spec['containers'], `${field}.containers`, names, taken))
  errors.push(...validateContainers(spec['initContainers'], `${field}.initContainers`, names, taken))
  errors.push(...validateContainers(spec['ephemeralContainers'], `${field}.ephemeralContainers`, names, taken))
  errors.push(...choice(spec, field, 'restartPolicy', restartPolicies))
  errors.push(...choice(spec, field, 'dnsPolicy', dnsPolicies))
  errors.push(...validateLabels(spec['nodeSelector'], `${field}.nodeSelector`))
  errors.push(...validateTolerations(spec['tolerations'], `${field}.tolerations`))
  errors.push(...validateSpreads(spec['topologySpreadConstraints'], `${field}.topologySpreadConstraints`))
  errors.push(...validateNames(spec, field))
  errors.push(
    ...notNegative(at(spec, 'securityContext'), `${field}.securityContext`, 'runAsUser', 'runAsGroup', 'fsGroup'),
  )
  const deadline = numberOf(spec['activeDeadlineSeconds'])
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'))
  }
  return errors
}

function choice(spec: Fields, field: string, name: string, supported: readonly string[]): FieldError[] {
  const value = spec[name]
  if (!isSet(value)) return [required(`${field}.${name}`)]
  return supported.includes(textOf(value)) ? [] : [notSupported(`${field}.${name}`, value, supported)]
}

function validateNames(spec: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const check = (name: string, rule: typeof dnsLabel) => {
    const value = textOf(spec[name])
    if (value !== '') errors.push(...invalidAll(`${field}.${name}`, value, rule(value)))
  }
  check('serviceAccountName', dnsSubdomain)
  check('nodeName', dnsSubdomain)
  check('hostname', dnsLabel)
  check('subdomain', dnsLabel)
  check('priorityClassName', dnsSubdomain)
  check('runtimeClassName', dnsSubdomain)
  fieldsList(spec['imagePullSecrets']).forEach((secret, index) => {
    if (!isSet(secret['name'])) errors.push(required(`${field}.imagePullSecrets[${index}].name`))
  })
  return errors
}

function validateVolumes(volumes: unknown, field: string): { errors: FieldError[]; names: Set<string> } {
  const errors: FieldError[] = []
  const names = new Set<string>()
  fieldsList(volumes).forEach((volume, index) => {
    const path = `${field}[${index}]`
    const name = textOf(volume['name'])
    if (name === '') errors.push(required(`${path}.name`))
    else {
      const complaints = dnsLabel(name)
      errors.push(...invalidAll(`${path}.name`, name, complaints))
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
      names.add(name)
    }
    const sources = Object.keys(volume).filter((key) => key !== 'name' && isFields(volume[key]))
    for (const extra of sources.slice(1))
      errors.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type'))
    const kind = sources[0]
    if (kind === undefined) errors.push(required(path, 'must specify a volume type'))
    else errors.push(...validateSource(kind, fieldsOf(volume[kind]), `${path}.${kind}`))
  })
  return { errors, names }
}

function validateSource(kind: string, source: Fields, path: string): FieldError[] {
  switch (kind) {
    case 'configMap':
      return [...need(source, path, 'name'), ...validateItems(source['items'], `${path}.items`)]
    case 'secret':
      return [...need(source, path, 'secretName'), ...validateItems(source['items'], `${path}.items`)]
    case 'persistentVolumeClaim':
      return need(source, path, 'claimName')
    case 'hostPath':
      return need(source, path, 'path')
    case 'nfs':
      return [...need(source, path, 'server'), ...need(source, path, 'path')]
    case 'csi':
      return need(source, path, 'driver')
    default:
      return []
  }
}

function need(source: Fields, path: string, name: string): FieldError[] {
  return isSet(source[name]) ? [] : [required(`${path}.${name}`)]
}

function validateItems(items: unknown, field: string): FieldError[] {
  return fieldsList(items).flatMap((item, index) => {
    const path = `${field}[${index}]`
    const key = textOf(item['key'])
    const target = textOf(item['path'])
    const errors = key === '' ? [required(`${path}.key`)] : invalidAll(`${path}.key`, key, configMapKey(key))
    if (target === '') errors.push(required(`${path}.path`))
    else if (target.startsWith('/')) errors.push(invalid(`${path}.path`, target, 'must be a relative path'))
    else if (target.split('/').includes('..')) errors.push(invalid(`${path}.path`, target, "must not contain '..'"))
    return errors
  })
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function validateTolerations(tolerations: unknown, field: string): FieldError[] {
  return fieldsList(tolerations).flatMap((toleration, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const key = textOf(toleration['key'])
    const operator = textOf(toleration['operator'])
    const effect = textOf(toleration['effect'])
    if (key !== '') errors.push(...invalidAll(`${path}.key`, key, qualifiedName(key)))
    else if (operator !== 'Exists') {
      errors.push(
        invalid(
          `${path}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    }
    if (toleration['tolerationSeconds'] !== undefined && effect !== 'NoExecute') {
      errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    }
    const value = textOf(toleration['value'])
    if (operator === '' || operator === 'Equal')
      errors.push(...invalidAll(`${path}.operator`, value, labelValue(value)))
    else if (operator === 'Exists') {
      if (value !== '')
        errors.push(invalid(`${path}.operator`, toleration, "value must be empty when `operator` is 'Exists'"))
    } else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']))
    if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, effects))
    return errors
  })
}

function validateSpreads(constraints: unknown, field: string): FieldError[] {
  return fieldsList(constraints).flatMap((constraint, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const skew = numberOf(constraint['maxSkew']) ?? 0
    if (skew <= 0) errors.push(invalid(`${path}.maxSkew`, skew, 'must be greater than zero'))
    if (!isSet(constraint['topologyKey'])) errors.push(required(`${path}.topologyKey`, 'can not be empty'))
    const action = constraint['whenUnsatisfiable']
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(textOf(action))) {
      errors.push(notSupported(`${path}.whenUnsatisfiable`, action ?? '', ['DoNotSchedule', 'ScheduleAnyway']))
    }
    return errors
  })
}
