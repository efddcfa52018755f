import type { FieldError } from '../strategy.ts'
import {
  duplicate,
  forbidden,
  immutable,
  invalid,
  invalidAll,
  notSupported,
  required,
  tooLong,
} from './field-errors.ts'
import { printGo } from './go-print.ts'
import { printableSelector, validateSelector } from './labels.ts'
import { dnsSubdomain, qualifiedName } from './names.ts'
import { at, notNegative, notNegativeMessage } from './numbers.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'
import { validateDriver } from './volumes.ts'

/** CSIDriver: what a storage driver can do. */
export function validateCsiDriver(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  const needed = [
    ['attachRequired', 'attachedRequired'],
    ['podInfoOnMount', 'podInfoOnMount'],
    ['storageCapacity', 'storageCapacity'],
    ['seLinuxMount', 'seLinuxMount'],
  ] as const
  for (const [name, shown] of needed) if (!isSet(spec[name])) errors.push(required(`spec.${shown}`))
  const policies = ['File', 'None', 'ReadWriteOnceWithFSType']
  const policy = spec['fsGroupPolicy']
  if (isSet(policy) && !policies.includes(textOf(policy)))
    errors.push(notSupported('spec.fsGroupPolicy', policy, policies))
  errors.push(...tokenRequests(fieldsList(spec['tokenRequests'])))
  for (const mode of listOf(spec['volumeLifecycleModes']))
    if (mode !== 'Persistent' && mode !== 'Ephemeral')
      errors.push(notSupported('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral']))
  const period = numberOf(spec['nodeAllocatableUpdatePeriodSeconds'])
  if (period !== undefined && period < 10) {
    const detail = 'must be greater than or equal to 10 seconds'
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, detail))
  }
  const secret = spec['serviceAccountTokenInSecrets']
  if (isSet(secret) && listOf(spec['tokenRequests']).length === 0) {
    const detail = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.push(invalid('spec.serviceAccountTokenInSecrets', secret, detail))
  }
  if (previous === undefined) return errors
  const before = fieldsOf(previous['spec'])
  if (spec['attachRequired'] !== before['attachRequired'])
    errors.push(immutable('spec.attachedRequired', spec['attachRequired']))
  if (!sameValue(spec['volumeLifecycleModes'], before['volumeLifecycleModes']))
    errors.push(immutable('spec.volumeLifecycleModes', spec['volumeLifecycleModes']))
  return errors
}

function tokenRequests(requests: readonly Fields[]): FieldError[] {
  const seen = new Set<string>()
  return requests.flatMap((request, index) => {
    const field = `spec.tokenRequests[${index}]`
    const audience = textOf(request['audience'])
    if (seen.has(audience)) return [duplicate(`${field}.audience`, audience)]
    seen.add(audience)
    const seconds = numberOf(request['expirationSeconds'])
    if (seconds === undefined) return []
    const least = 'may not specify a duration less than 10 minutes'
    const most = 'may not specify a duration larger than 2^32 seconds'
    if (seconds < 600) return [invalid(`${field}.expirationSeconds`, seconds, least)]
    return seconds > 2 ** 32 ? [invalid(`${field}.expirationSeconds`, seconds, most)] : []
  })
}

/** CSINode: the drivers of a node, each of which stays as it is. */
export function validateCsiNode(next: Fields, previous: Fields | undefined): FieldError[] {
  const drivers = fieldsList(at(next, 'spec')['drivers'])
  const errors = drivers.flatMap((driver, index) => {
    const field = `spec.drivers[${index}]`
    const known = drivers.slice(0, index).some((other) => other['name'] === driver['name'])
    return [
      ...validateDriver(driver['name'], `${field}.name`),
      ...nodeId(textOf(driver['nodeID']), `${field}.nodeID`),
      ...notNegative(fieldsOf(driver['allocatable']), `${field}.allocatable`, 'count'),
      ...(known ? [duplicate(`${field}.name`, driver['name'])] : []),
      ...topologyKeys(listOf(driver['topologyKeys']).map(textOf), field),
    ]
  })
  const settled = (driver: Fields): Fields => ({ ...driver, allocatable: null })
  for (const old of fieldsList(at(previous, 'spec')['drivers']))
    for (const driver of drivers)
      if (driver['name'] === old['name'] && !sameValue(settled(driver), settled(old)))
        errors.push(immutable('spec.drivers', printGo('storage.v1.CSINodeDriver', settled(driver))))
  return errors
}

function nodeId(id: string, field: string): FieldError[] {
  if (id === '') return [required(field)]
  return id.length > 192 ? [invalid(field, id, 'must be 192 characters or less')] : []
}

function topologyKeys(keys: readonly string[], field: string): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(field)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(field, key)] : []),
    ...invalidAll(field, key, qualifiedName(key)),
  ])
}

/** CSIStorageCapacity: how much storage of a class there is in a place. */
export function validateCapacity(next: Fields, previous: Fields | undefined): FieldError[] {
  const { nodeTopology: topology, storageClassName: name, capacity } = next
  const errors = isFields(topology) ? validateSelector(topology, 'nodeTopology') : []
  errors.push(...invalidAll('storageClassName', textOf(name), dnsSubdomain(textOf(name))))
  if (isSet(capacity) && nanoOf(capacity) < 0n)
    errors.push(invalid('capacity', canonicalQuantity(capacity), notNegativeMessage))
  if (previous === undefined) return errors
  if (!sameValue(topology, previous['nodeTopology']))
    errors.push(immutable('nodeTopology', printableSelector(topology)))
  if (name !== previous['storageClassName']) errors.push(immutable('storageClassName', name))
  return errors
}

/** VolumeAttachment: one volume at one node, for good. */
export function validateAttachment(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = fieldsOf(spec['source'])
  const errors = validateDriver(spec['attacher'], 'spec.attacher')
  const isNamed = typeof name === 'string'
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!isSet(inline) && !isNamed) errors.push(required('spec.source', one))
  else if (isSet(inline) && isNamed) errors.push(forbidden('spec.source', one))
  else if (name === '')
    errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'))
  errors.push(...invalidAll('spec.nodeName', textOf(spec['nodeName']), dnsSubdomain(textOf(spec['nodeName']))))
  if (isSet(name)) errors.push(...invalidAll('spec.source.persistentVolumeName', name, dnsSubdomain(textOf(name))))
  if (previous !== undefined && !sameValue(spec, previous['spec']))
    errors.push(immutable('spec', printGo('storage.v1.VolumeAttachmentSpec', spec)))
  return errors
}

/** VolumeAttributesClass: parameters of a driver, that stay. */
export function validateAttributesClass(next: Fields, previous: Fields | undefined): FieldError[] {
  const errors: FieldError[] = []
  const { driverName, parameters } = next
  if (previous !== undefined && driverName !== previous['driverName'])
    errors.push(forbidden('driverName', 'updates to driverName are forbidden.'))
  if (previous !== undefined && !sameValue(parameters, previous['parameters']))
    errors.push(forbidden('parameters', 'updates to parameters are forbidden.'))
  const driver = textOf(driverName)
  if (driver === '') errors.push(required('driverName'))
  else errors.push(...invalidAll('driverName', driver.toLowerCase(), qualifiedName(driver.toLowerCase())))
  return [...errors, ...validateParameters(fieldsOf(parameters))]
}

function validateParameters(parameters: Fields): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > 512) return [tooLong('parameters', 512)]
  const errors = entries.flatMap(([key]) => (key === '' ? [invalid('parameters', key, 'field can not be empty.')] : []))
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + textOf(value)), 0)
  if (size > 262144) errors.push(tooLong('parameters', 262144))
  if (entries.length === 0) errors.push(required('parameters', 'must contain at least one key/value pair'))
  return errors
}
