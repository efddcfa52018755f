import type { FieldError } from '../strategy.ts'
import { enumerated } from './choices.ts'
import { duplicate, forbidden, immutable, invalid, invalidAll, required, tooMany } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { validateLabels } from './labels.ts'
import {
  cidr,
  dnsLabel,
  dnsSubdomain,
  ipAddress,
  isIpv4,
  isIpv6,
  labelValue,
  qualifiedName,
  specialAddress,
} from './names.ts'
import { at, notNegativeMessage } from './numbers.ts'
import { validateEffect } from './tolerations.ts'
import { fieldsList, fieldsOf, isSet, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'

const systemClasses = new Map([
  ['system-node-critical', 2000001000],
  ['system-cluster-critical', 2000000000],
])

/** PriorityClass: its value stays, and the highest ones are the system's. */
export function validatePriorityClass(next: Fields, previous: Fields | undefined): FieldError[] {
  const name = textOf(at(next, 'metadata')['name'])
  const value = numberOf(next['value']) ?? 0
  if (previous !== undefined) {
    return [
      ...(value === (previous['value'] ?? 0) ? [] : [forbidden('value', 'may not be changed in an update.')]),
      ...(sameValue(next['preemptionPolicy'], previous['preemptionPolicy'])
        ? []
        : [invalid('preemptionPolicy', next['preemptionPolicy'], 'field is immutable')]),
    ]
  }
  if (name.startsWith('system-')) {
    if (systemClasses.get(name) === value) return []
    const reason = systemClasses.has(name)
      ? `value of ${name} PriorityClass must be ${systemClasses.get(name)}`
      : `${name} is not a known system priority class`
    return [
      forbidden(
        'metadata.name',
        `priority class names with 'system-' prefix are reserved for system use only. error: ${reason}`,
      ),
    ]
  }
  return value > 1_000_000_000
    ? [forbidden('value', 'maximum allowed value of a user defined priority is 1000000000')]
    : []
}

/** Lease. */
export function validateLease(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const duration = numberOf(spec['leaseDurationSeconds'])
  const transitions = numberOf(spec['leaseTransitions'])
  return [
    ...(duration !== undefined && duration <= 0
      ? [invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
      : []),
    ...(transitions !== undefined && transitions < 0
      ? [invalid('spec.leaseTransitions', transitions, notNegativeMessage)]
      : []),
  ]
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6']

/** EndpointSlice: addresses of one type, which stays, and ports with names of their own. */
export function validateEndpointSlice(next: Fields, previous: Fields | undefined): FieldError[] {
  const type = textOf(next['addressType'])
  const errors = enumerated(next['addressType'], 'addressType', addressTypes)
  const endpoints = fieldsList(next['endpoints'])
  if (endpoints.length > 1000) errors.push(tooMany('endpoints', endpoints.length, 1000))
  else endpoints.forEach((endpoint, index) => errors.push(...validateEndpoint(endpoint, type, `endpoints[${index}]`)))
  errors.push(...validateEndpointPorts(fieldsList(next['ports'])))
  if (previous !== undefined && !sameValue(next['addressType'], previous['addressType']))
    errors.push(immutable('addressType', type))
  return errors
}

function validateEndpoint(endpoint: Fields, type: string, path: string): FieldError[] {
  const addresses = listOf(endpoint['addresses'])
  const field = `${path}.addresses`
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(field, 'must contain at least 1 address'))
  else if (addresses.length > 100) errors.push(tooMany(field, addresses.length, 100))
  addresses.forEach((address, position) => {
    errors.push(...validateEndpointAddress(textOf(address), type, `${field}[${position}]`))
  })
  const topology = fieldsOf(endpoint['deprecatedTopology'])
  errors.push(...validateLabels(topology, `${path}.deprecatedTopology`))
  const hostname = endpoint['hostname']
  if (typeof hostname === 'string') errors.push(...invalidAll(`${path}.hostname`, hostname, dnsLabel(hostname)))
  return errors
}

function validateEndpointAddress(address: string, type: string, path: string): FieldError[] {
  if (type === 'FQDN') {
    const plain = address.replace(/\.$/, '')
    const errors = invalidAll(path, plain, dnsSubdomain(plain))
    if (plain.split('.').length < 2 && errors.length === 0)
      errors.push(invalid(path, plain, 'should be a domain with at least two segments separated by dots'))
    return errors
  }
  const complaints = ipAddress(address)
  if (complaints.length > 0) return invalidAll(path, address, complaints)
  if (type === 'IPv4' && !isIpv4(address)) return [invalid(path, address, 'must be an IPv4 address')]
  if (type === 'IPv6' && !isIpv6(address)) return [invalid(path, address, 'must be an IPv6 address')]
  return invalidAll(path, address, specialAddress(address))
}

function validateEndpointPorts(ports: readonly Fields[]): FieldError[] {
  if (ports.length > 20000) return [tooMany('ports', ports.length, 20000)]
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const path = `ports[${index}]`
    const name = textOf(port['name'])
    const errors = name === '' ? [] : invalidAll(`${path}.name`, name, dnsLabel(name))
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    names.add(name)
    errors.push(...enumerated(port['protocol'], `${path}.protocol`, ['SCTP', 'TCP', 'UDP']))
    const application = port['appProtocol']
    if (typeof application === 'string')
      errors.push(...invalidAll(`${path}.appProtocol`, application, qualifiedName(application)))
    return errors
  })
}

/** Node: taints, and a pod range and provider that stay. */
export function validateNode(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateTaints(spec['taints'], 'metadata.taints')
  const ranges = listOf(spec['podCIDRs']).map(textOf)
  ranges.forEach((range, index) => errors.push(...invalidAll(`spec.podCIDRs[${index}]`, range, cidr(range))))
  const before = listOf(at(previous, 'spec')['podCIDRs'])
  if (before.length > 0 && !sameValue(before, spec['podCIDRs']))
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  const provider = textOf(at(previous, 'spec')['providerID'])
  if (provider !== '' && provider !== textOf(spec['providerID']))
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  return errors
}

function validateTaints(taints: unknown, field: string): FieldError[] {
  const seen = new Set<string>()
  return fieldsList(taints).flatMap((taint, index) => {
    const path = `${field}[${index}]`
    const key = textOf(taint['key'])
    const errors = invalidAll(`${path}.key`, key, qualifiedName(key))
    const complaints = labelValue(textOf(taint['value']))
    if (complaints.length > 0) errors.push(invalid(`${path}.value`, textOf(taint['value']), complaints.join(';')))
    errors.push(...validateEffect(taint['effect'], `${path}.effect`))
    const pair = `${textOf(taint['effect'])}/${key}`
    if (seen.has(pair)) {
      const { reason, message } = duplicate(path, printGo('core.v1.Taint', taint))
      errors.push({ reason, field: path, message: `${message}: taints must be unique by key and effect pair` })
    }
    seen.add(pair)
    return errors
  })
}

/** Namespace: its phase follows its deletion. */
export function validateNamespace(next: Fields): FieldError[] {
  const phase = at(next, 'status')['phase']
  const deleting = isSet(at(next, 'metadata')['deletionTimestamp'])
  const errors: FieldError[] = []
  if (!deleting && isSet(phase) && phase !== 'Active') {
    errors.push(invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty"))
  }
  if (deleting && phase !== 'Terminating') {
    errors.push(invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"))
  }
  return errors
}

/** Event, in the core's or the newer form. */
export function validateEvent(next: Fields): FieldError[] {
  const newer = next['apiVersion'] === 'events.k8s.io/v1'
  const namespace = textOf(at(next, 'metadata')['namespace'])
  const involved = textOf(at(next, newer ? 'regarding' : 'involvedObject')['namespace'])
  const errors: FieldError[] = []
  const expected = involved === '' ? 'default' : involved
  if (newer ? involved !== namespace && !(involved === '' && namespace === 'default') : expected !== namespace) {
    errors.push(invalid('involvedObject.namespace', involved, 'does not match event.namespace'))
  }
  if (!newer) return errors
  if (!isSet(next['eventTime'])) return [...errors, required('eventTime'), ...eventType(next)]
  if (!isSet(next['reportingController'])) errors.push(required('reportingController'))
  if (!isSet(next['reportingInstance'])) errors.push(required('reportingInstance'))
  if (!isSet(next['action'])) errors.push(required('action'))
  if (!isSet(next['reason'])) errors.push(required('reason'))
  return [...errors, ...eventType(next)]
}

function eventType(event: Fields): FieldError[] {
  const type = textOf(event['type'])
  return type === 'Normal' || type === 'Warning' ? [] : [invalid('type', type, `has invalid value: ${type}`)]
}
