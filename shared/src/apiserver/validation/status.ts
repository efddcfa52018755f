import { dictionary } from '../../lang/dictionary.ts'
import type { FieldError } from '../strategy.ts'
import { validateJobStatus } from './job-status.ts'
import { validateQuotaAmount } from './quotas.ts'
import { forbidden, invalid, invalidAll } from './field-errors.ts'
import { dnsSubdomain, ipAddress } from './names.ts'
import { at, notNegative, notNegativeMessage } from './numbers.ts'
import { validatePodStatus } from './pod-updates.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import { fieldsList, fieldsOf, numberOf, sortedMap, textOf, type Fields } from './values.ts'

type Check = (next: Fields, previous: Fields | undefined) => FieldError[]

const count = (status: Fields, name: string): number => numberOf(status[name]) ?? 0

/** Counts that are not negative, none greater than that of all replicas. */
function replicas(all: readonly string[], within: readonly string[], ready: string | undefined): Check {
  return (next, previous) => {
    const status = fieldsOf(next['status'])
    const errors = notNegative(status, 'status', ...all)
    for (const name of within)
      if (count(status, name) > count(status, 'replicas'))
        errors.push(invalid(`status.${name}`, count(status, name), 'cannot be greater than status.replicas'))
    if (ready !== undefined && count(status, 'availableReplicas') > count(status, 'readyReplicas'))
      errors.push(
        invalid('status.availableReplicas', count(status, 'availableReplicas'), `cannot be greater than ${ready}`),
      )
    return [...errors, ...collisions(status, at(previous, 'status'))]
  }
}

function collisions(status: Fields, before: Fields): FieldError[] {
  return count(status, 'collisionCount') < count(before, 'collisionCount')
    ? [invalid('status.collisionCount', count(status, 'collisionCount'), 'cannot be decremented')]
    : []
}

const counts =
  (...names: readonly string[]): Check =>
  (next, previous) => {
    const status = fieldsOf(next['status'])
    return [...notNegative(status, 'status', ...names), ...collisions(status, at(previous, 'status'))]
  }

/** Addresses under which something is reached from without. */
const ingress: Check = (next) =>
  fieldsList(at(next, 'status', 'loadBalancer')['ingress']).flatMap((point, index) => {
    const path = `status.loadBalancer.ingress[${index}]`
    const ip = textOf(point['ip'])
    const hostname = textOf(point['hostname'])
    const errors = ip === '' ? [] : invalidAll(`${path}.ip`, ip, ipAddress(ip))
    if (hostname === '') return errors
    errors.push(...invalidAll(`${path}.hostname`, hostname, dnsSubdomain(hostname)))
    if (ipAddress(hostname).length === 0)
      errors.push(invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'))
    return errors
  })

const serviceStatus: Check = (next, previous) => {
  const points = fieldsList(at(next, 'status', 'loadBalancer')['ingress'])
  const errors = ingress(next, previous)
  if (points.length > 0 && at(next, 'spec')['type'] !== 'LoadBalancer')
    errors.unshift(forbidden('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'"))
  return errors
}

const amountErrors = (amount: unknown, field: string): FieldError[] =>
  nanoOf(amount) < 0n ? [invalid(field, canonicalQuantity(amount), notNegativeMessage)] : []

const quotaStatus: Check = (next) =>
  ['hard', 'used'].flatMap((part) =>
    Object.entries(sortedMap(at(next, 'status', part))).flatMap(([name, amount]) =>
      validateQuotaAmount(name, amount, `status.${part}[${name}]`),
    ),
  )

const nodeStatus: Check = (next) => {
  const errors = ['capacity', 'allocatable'].flatMap((part) =>
    Object.entries(sortedMap(at(next, 'status', part))).flatMap(([name, amount]) =>
      amountErrors(amount, `status.${part}.${name}`),
    ),
  )
  const seen = new Set<string>()
  fieldsList(at(next, 'status')['addresses']).forEach(({ type, address }, index) => {
    const key = `${textOf(type)}/${textOf(address)}`
    const shown = { Type: type, Address: address }
    if (seen.has(key))
      errors.push({
        reason: 'FieldValueDuplicate',
        field: `status.addresses[${index}]`,
        message: `Duplicate value: ${JSON.stringify(shown)}`,
      })
    seen.add(key)
  })
  return errors
}

/** By `plural.group`, what a status may not say; kinds without a row believe their controllers. */
export const statusChecks: Readonly<Record<string, Check>> = dictionary({
  pods: validatePodStatus,
  nodes: nodeStatus,
  services: serviceStatus,
  resourcequotas: quotaStatus,
  'ingresses.networking.k8s.io': ingress,
  'jobs.batch': validateJobStatus,
  'deployments.apps': replicas(
    [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'terminatingReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
      'collisionCount',
    ],
    ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
    'readyReplicas',
  ),
  'replicasets.apps': replicas(
    [
      'replicas',
      'fullyLabeledReplicas',
      'readyReplicas',
      'availableReplicas',
      'terminatingReplicas',
      'observedGeneration',
    ],
    ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
    'readyReplicas',
  ),
  replicationcontrollers: replicas(
    ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
    ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
    'readyReplicas',
  ),
  'statefulsets.apps': replicas(
    [
      'replicas',
      'readyReplicas',
      'currentReplicas',
      'updatedReplicas',
      'availableReplicas',
      'observedGeneration',
      'collisionCount',
    ],
    ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
    'status.readyReplicas',
  ),
  'daemonsets.apps': counts(
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ),
  'horizontalpodautoscalers.autoscaling': counts('currentReplicas', 'desiredReplicas'),
  'poddisruptionbudgets.policy': counts('disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'),
})
