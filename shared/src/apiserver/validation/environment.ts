import { nanoOf, canonicalQuantity } from './quantity.ts'
import type { FieldError } from '../strategy.ts'
import { invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { configMapKey, dnsSubdomain, envVarName } from './names.ts'
import { fieldsList, fieldsOf, isFields, isSet, textOf, type Fields } from './values.ts'

const envSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef']
const envFieldPaths = new Set([
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
])
const sortedFieldPaths = [...envFieldPaths].sort()
const knownFieldPaths = new Set([
  ...envFieldPaths,
  'metadata.labels',
  'metadata.annotations',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.hostNetwork',
  'status.phase',
  'status.nominatedNodeName',
])

/** Checks variables and where their values come from. */
export function validateEnv(env: unknown, field: string): FieldError[] {
  return fieldsList(env).flatMap((variable, index) => {
    const path = `${field}[${index}]`
    const name = textOf(variable['name'])
    const errors = name === '' ? [required(`${path}.name`)] : invalidAll(`${path}.name`, name, envVarName(name))
    if (isFields(variable['valueFrom'])) {
      errors.push(...validateEnvSource(variable['valueFrom'], textOf(variable['value']), `${path}.valueFrom`))
    }
    return errors
  })
}

function validateEnvSource(source: Fields, value: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  const given = envSources.filter((kind) => isFields(source[kind]))
  if (isFields(source['fieldRef']))
    errors.push(...validateFieldPath(source['fieldRef'], `${path}.fieldRef`, sortedFieldPaths))
  for (const kind of ['configMapKeyRef', 'secretKeyRef']) {
    if (!isFields(source[kind])) continue
    const name = textOf(source[kind]['name'])
    errors.push(...invalidAll(`${path}.${kind}.name`, name, dnsSubdomain(name)))
    const key = textOf(source[kind]['key'])
    if (key === '') errors.push(required(`${path}.${kind}.key`))
    else errors.push(...invalidAll(`${path}.${kind}.key`, key, configMapKey(key)))
  }
  if (isFields(source['resourceFieldRef']))
    errors.push(...validateResourceField(source['resourceFieldRef'], `${path}.resourceFieldRef`))
  if (given.length === 0) {
    const list = envSources
      .slice(0, -1)
      .map((kind) => `\`${kind}\``)
      .join(', ')
    errors.push(invalid(path, '', `must specify one of: ${list} or \`fileKeyRef\``))
  } else if (value !== '') errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  return errors
}

/** Checks a reference to a field of the pod itself, one of those that are `supported` here. */
export function validateFieldPath(reference: Fields, path: string, supported: readonly string[]): FieldError[] {
  const fieldPath = textOf(reference['fieldPath'])
  if (!isSet(reference['apiVersion'])) return [required(`${path}.apiVersion`)]
  if (fieldPath === '') return [required(`${path}.fieldPath`)]
  if (/^metadata\.(labels|annotations)\['[^']+'\]$/.test(fieldPath)) return []
  if (!knownFieldPaths.has(fieldPath)) {
    return [
      invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`),
    ]
  }
  return supported.includes(fieldPath) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, supported)]
}

/** Checks sources of many variables at once. */
export function validateEnvFrom(sources: unknown, field: string): FieldError[] {
  return fieldsList(sources).flatMap((source, index) => {
    const path = `${field}[${index}]`
    const given = ['configMapRef', 'secretRef'].filter((kind) => isFields(source[kind]))
    const errors: FieldError[] = []
    const prefix = textOf(source['prefix'])
    if (prefix !== '') errors.push(...invalidAll(`${path}.prefix`, prefix, envVarName(prefix)))
    if (given.length === 0) errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (given.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
    for (const kind of given) {
      const name = textOf(fieldsOf(source[kind])['name'])
      if (name === '') errors.push(required(`${path}.${kind}.name`))
      else errors.push(...invalidAll(`${path}.${kind}.name`, name, dnsSubdomain(name)))
    }
    return errors
  })
}

const containerAmounts = ['cpu', 'ephemeral-storage', 'memory']
const amounts = ['limits', 'requests'].flatMap((kind) => containerAmounts.map((name) => `${kind}.${name}`))

/** Checks which amount of a container is asked for; the rest is said of the unit in which. */
export function validateResourceField(source: Fields, path: string): FieldError[] {
  const name = textOf(source['resource'])
  if (name === '') return [required(`${path}.resource`)]
  const isHuge = /^(limits|requests)\.hugepages-/.test(name)
  if (!amounts.includes(name) && !isHuge) return [notSupported(`${path}.resource`, name, amounts)]
  const divisor = source['divisor']
  if (!isSet(divisor) || nanoOf(divisor) === 0n) return []
  const cpu = name.endsWith('.cpu')
  const units = cpu ? ['1m', '1'] : ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
  if (units.some((unit) => nanoOf(unit) === nanoOf(divisor))) return []
  const what = cpu
    ? "only divisor's values 1m and 1 are supported with the cpu resource"
    : name.includes('memory') || isHuge
      ? `only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${isHuge ? 'hugepages' : 'memory'} resource`
      : "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the local ephemeral storage resource"
  return [invalid(`${path}.divisor`, canonicalQuantity(divisor), what)]
}
