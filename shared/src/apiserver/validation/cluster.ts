import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { ipAddress, isIpv4, isIpv6, qualifiedName } from './names.ts'
import { at, notNegativeMessage } from './numbers.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import { validateResourceName } from './resources.ts'
import { fieldsList, fieldsOf, isSet, listOf, numberOf, sameValue, sortedMap, textOf, type Fields } from './values.ts'

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

/** EndpointSlice. */
export function validateEndpointSlice(next: Fields): FieldError[] {
  const type = textOf(next['addressType'])
  const types = ['FQDN', 'IPv4', 'IPv6']
  if (type === '') return [required('addressType')]
  if (!types.includes(type)) return [notSupported('addressType', type, types)]
  return fieldsList(next['endpoints']).flatMap((endpoint, index) => {
    const field = `endpoints[${index}].addresses`
    const addresses = listOf(endpoint['addresses'])
    if (addresses.length === 0) return [required(field, 'must contain at least 1 address')]
    return addresses.flatMap((address, position) => {
      const text = textOf(address)
      const path = `${field}[${position}]`
      if (type === 'FQDN') return []
      const complaints = ipAddress(text)
      if (complaints.length > 0) return invalidAll(path, text, complaints)
      if (type === 'IPv4' && !isIpv4(text)) return [invalid(path, text, 'must be an IPv4 address')]
      return type === 'IPv6' && !isIpv6(text) ? [invalid(path, text, 'must be an IPv6 address')] : []
    })
  })
}

const quotaResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])

/** ResourceQuota. */
export function validateQuota(next: Fields): FieldError[] {
  return Object.entries(sortedMap(at(next, 'spec', 'hard'))).flatMap(([name, amount]) => {
    const field = `spec.hard[${name}]`
    const standard = name.startsWith('requests.hugepages-') ? new Set([...quotaResources, name]) : quotaResources
    const errors = validateResourceName(name, field, standard, 'must be a standard resource for quota')
    if (nanoOf(amount) < 0n) errors.push(invalid(field, canonicalQuantity(amount), notNegativeMessage))
    return errors
  })
}

/** LimitRange: minimum under default request under default under maximum. */
export function validateLimitRange(next: Fields): FieldError[] {
  return fieldsList(at(next, 'spec')['limits']).flatMap((limit, index) => {
    const field = `spec.limits[${index}]`
    const part = (name: string): Fields => fieldsOf(limit[name])
    const names = new Set(['max', 'min', 'default', 'defaultRequest'].flatMap((name) => Object.keys(part(name))))
    const errors: FieldError[] = []
    for (const name of [...names].sort()) {
      const order = (lower: string, upper: string, at: string, low: string, high: string): void => {
        const a = part(lower)[name]
        const b = part(upper)[name]
        if (a === undefined || b === undefined || nanoOf(a) <= nanoOf(b)) return
        const shown = String(canonicalQuantity(part(at)[name]))
        const text = `${low} value ${String(canonicalQuantity(a))} is greater than ${high} value ${String(canonicalQuantity(b))}`
        errors.push(invalid(`${field}.${at}[${name}]`, shown, text))
      }
      order('min', 'max', 'min', 'min', 'max')
      order('min', 'defaultRequest', 'defaultRequest', 'min', 'default request')
      order('defaultRequest', 'max', 'defaultRequest', 'default request', 'max')
      order('defaultRequest', 'default', 'defaultRequest', 'default request', 'default limit')
      order('min', 'default', 'default', 'min', 'default')
      order('default', 'max', 'default', 'default', 'max')
    }
    return errors.map((error) => fixOrder(error, limit, field))
  })
}

/** A default under the minimum is shown by the minimum, as the real server has it. */
function fixOrder(error: FieldError, limit: Fields, field: string): FieldError {
  const match = /\.default\[(.+)\]$/.exec(error.field)
  if (match === null || !error.message.includes(': min value')) return error
  const name = match[1] ?? ''
  const shown = canonicalQuantity(fieldsOf(limit['min'])[name])
  return invalid(
    `${field}.default[${name}]`,
    shown,
    error.message.slice(error.message.indexOf(': ') + 2).replace(/^"[^"]*": /, ''),
  )
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** Node: taints, and a pod range that stays. */
export function validateNode(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = fieldsList(spec['taints']).flatMap((taint, index) => {
    const path = `metadata.taints[${index}]`
    const key = textOf(taint['key'])
    const effect = textOf(taint['effect'])
    const found = invalidAll(`${path}.key`, key, qualifiedName(key))
    if (effect === '') found.push(required(`${path}.effect`))
    else if (!effects.includes(effect)) found.push(notSupported(`${path}.effect`, effect, effects))
    return found
  })
  const before = listOf(at(previous, 'spec')['podCIDRs'])
  if (before.length > 0 && !sameValue(before, spec['podCIDRs'])) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  }
  return errors
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
