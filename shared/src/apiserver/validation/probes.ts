import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { httpHeaderName } from './names.ts'
import { notNegative, portNumberOrName } from './numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from './values.ts'

const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep']

function validateHandler(handler: Fields, field: string, grace: number | undefined): FieldError[] {
  const given = kinds.filter((kind) => isFields(handler[kind]))
  const [first] = given
  if (first === undefined) return [required(field, 'must specify a handler type')]
  return [
    ...validateAction(first, fieldsOf(handler[first]), `${field}.${first}`, grace),
    ...given.slice(1).map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type')),
  ]
}

function validateAction(kind: string, action: Fields, field: string, grace: number | undefined): FieldError[] {
  switch (kind) {
    case 'exec':
      return isSet(action['command']) ? [] : [required(`${field}.command`)]
    case 'httpGet':
      return validateGet(action, field)
    case 'sleep': {
      const seconds = numberOf(action['seconds']) ?? 0
      return grace !== undefined && (seconds < 0 || seconds > grace)
        ? [invalid(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)]
        : []
    }
    default:
      return portNumberOrName(action['port'], `${field}.port`)
  }
}

function validateGet(action: Fields, field: string): FieldError[] {
  const errors = isSet(action['path']) ? [] : [required(`${field}.path`)]
  errors.push(...portNumberOrName(action['port'], `${field}.port`))
  if (!['HTTP', 'HTTPS'].includes(textOf(action['scheme'])))
    errors.push(notSupported(`${field}.scheme`, action['scheme'], ['HTTP', 'HTTPS']))
  for (const header of fieldsList(action['httpHeaders']))
    errors.push(...invalidAll(`${field}.httpHeaders`, textOf(header['name']), httpHeaderName(textOf(header['name']))))
  return errors
}

const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

/** Checks the three probes of a container. */
export function validateProbes(container: Fields, path: string, grace: number | undefined): FieldError[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((kind) => {
    const probe = container[kind]
    if (!isFields(probe)) return []
    const field = `${path}.${kind}`
    const errors = [...validateHandler(probe, field, grace), ...notNegative(probe, field, ...counts)]
    const own = numberOf(probe['terminationGracePeriodSeconds'])
    if (own !== undefined && own <= 0)
      errors.push(invalid(`${field}.terminationGracePeriodSeconds`, own, 'must be greater than 0'))
    if (kind === 'readinessProbe') {
      if (own !== undefined)
        errors.push(invalid(`${field}.terminationGracePeriodSeconds`, own, 'must not be set for readinessProbes'))
    } else if (probe['successThreshold'] !== 1)
      errors.push(invalid(`${field}.successThreshold`, probe['successThreshold'] ?? 0, 'must be 1'))
    return errors
  })
}

/** Checks what runs when a container starts and stops. */
export function validateLifecycle(lifecycle: unknown, field: string, grace: number | undefined): FieldError[] {
  return ['postStart', 'preStop'].flatMap((hook) => {
    const handler = fieldsOf(lifecycle)[hook]
    return isFields(handler) ? validateHandler(handler, `${field}.${hook}`, grace) : []
  })
}
