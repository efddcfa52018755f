import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateSelector } from './labels.ts'
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  isIpv4,
  isIpv6,
  portName,
  portNumber,
  wildcardSubdomain,
} from './names.ts'
import { at, intOrPercent, notOverHundred, portNumberOrName } from './numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

/** Ingress: hosts, paths and backends. */
export function validateIngress(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  const rules = fieldsList(spec['rules'])
  if (rules.length === 0 && !isFields(spec['defaultBackend'])) {
    errors.push(invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified'))
  }
  if (isFields(spec['defaultBackend'])) errors.push(...validateBackend(spec['defaultBackend'], 'spec.defaultBackend'))
  rules.forEach((rule, index) => {
    const field = `spec.rules[${index}]`
    errors.push(...validateHost(textOf(rule['host']), `${field}.host`))
    if (isFields(rule['http'])) errors.push(...validatePaths(rule['http'], `${field}.http`))
  })
  fieldsList(spec['tls']).forEach((tls, index) => {
    listOf(tls['hosts']).forEach((host, position) => {
      errors.push(...validateHost(textOf(host), `spec.tls[${index}].hosts[${position}]`))
    })
  })
  const name = textOf(spec['ingressClassName'])
  if (name !== '') errors.push(...invalidAll('spec.ingressClassName', name, dnsSubdomain(name)))
  return errors
}

function validateHost(host: string, field: string): FieldError[] {
  if (host === '') return []
  if (isIpv4(host) || isIpv6(host)) return [invalid(field, host, 'must be a DNS name, not an IP address')]
  return invalidAll(field, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host))
}

function validatePaths(http: Fields, field: string): FieldError[] {
  const paths = fieldsList(http['paths'])
  if (paths.length === 0) return [required(`${field}.paths`)]
  return paths.flatMap((path, index) => {
    const at = `${field}.paths[${index}]`
    const errors: FieldError[] = []
    const value = textOf(path['path'])
    const type = path['pathType']
    if (!isSet(type)) errors.push(required(`${at}.pathType`, 'pathType must be specified'))
    else if (!pathTypes.includes(textOf(type))) errors.push(notSupported(`${at}.pathType`, type, pathTypes))
    else if (type !== 'ImplementationSpecific' || value !== '') {
      if (!value.startsWith('/')) errors.push(invalid(`${at}.path`, value, 'must be an absolute path'))
      if (type !== 'ImplementationSpecific') {
        for (const part of ['//', '/./', '/../', '%2f', '%2F']) {
          if (value.includes(part)) errors.push(invalid(`${at}.path`, value, `must not contain '${part}'`))
        }
        for (const end of ['/..', '/.'])
          if (value.endsWith(end)) errors.push(invalid(`${at}.path`, value, `cannot end with '${end}'`))
      }
    }
    errors.push(...validateBackend(fieldsOf(path['backend']), `${at}.backend`))
    return errors
  })
}

function validateBackend(backend: Fields, field: string): FieldError[] {
  const { service, resource } = backend
  if (isFields(service) && isFields(resource))
    return [invalid(field, '', 'cannot set both resource and service backends')]
  if (isFields(resource)) return []
  if (!isFields(service))
    return [required(field, 'must specify a service or resource backend')].map((error) => ({
      ...error,
      message: 'Required value: port name or number is required',
    }))
  const errors: FieldError[] = []
  const name = textOf(service['name'])
  if (name === '') errors.push(required(`${field}.service.name`))
  else errors.push(...invalidAll(`${field}.service.name`, name, dns1035Label(name)))
  const port = fieldsOf(service['port'])
  if (isSet(port['name']) && isSet(port['number']))
    errors.push(invalid(field, '', 'cannot set both port name & port number'))
  else if (isSet(port['name']))
    errors.push(...invalidAll(`${field}.service.port.name`, port['name'], portName(textOf(port['name']))))
  else if (isSet(port['number']))
    errors.push(
      ...invalidAll(`${field}.service.port.number`, port['number'], portNumber(numberOf(port['number']) ?? 0)),
    )
  else errors.push(required(field, 'port name or number is required'))
  return errors
}

/** NetworkPolicy. */
export function validateNetworkPolicy(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateSelector(spec['podSelector'], 'spec.podSelector')
  for (const direction of ['ingress', 'egress']) {
    fieldsList(spec[direction]).forEach((rule, index) => {
      const field = `spec.${direction}[${index}]`
      fieldsList(rule['ports']).forEach((port, position) => {
        const path = `${field}.ports[${position}]`
        if (!['SCTP', 'TCP', 'UDP'].includes(textOf(port['protocol']))) {
          errors.push(notSupported(`${path}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']))
        }
        if (isSet(port['port'])) errors.push(...portNumberOrName(port['port'], `${path}.port`))
      })
      const peers = direction === 'ingress' ? 'from' : 'to'
      fieldsList(rule[peers]).forEach((peer, position) => {
        const path = `${field}.${peers}[${position}]`
        const count = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((name) => isFields(peer[name])).length
        if (count === 0) errors.push(required(path, 'must specify a peer'))
        if (isFields(peer['ipBlock']) && count > 1)
          errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
      })
    })
  }
  listOf(spec['policyTypes']).forEach((type, index) => {
    if (!['Ingress', 'Egress'].includes(textOf(type)))
      errors.push(notSupported(`spec.policyTypes[${index}]`, type, ['Egress', 'Ingress']))
  })
  return errors
}

/** PodDisruptionBudget: one of two bounds. */
export function validateDisruptionBudget(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  if (isSet(spec['minAvailable']) && isSet(spec['maxUnavailable'])) {
    errors.push(
      invalid(
        'spec',
        {
          MinAvailable: spec['minAvailable'],
          Selector: spec['selector'] ?? null,
          MaxUnavailable: spec['maxUnavailable'],
          UnhealthyPodEvictionPolicy: null,
        },
        'minAvailable and maxUnavailable cannot be both set',
      ),
    )
  }
  for (const name of ['minAvailable', 'maxUnavailable']) {
    if (!isSet(spec[name])) continue
    errors.push(...intOrPercent(spec[name], `spec.${name}`), ...notOverHundred(spec[name], `spec.${name}`))
  }
  return [...errors, ...validateSelector(spec['selector'], 'spec.selector')]
}

/** HorizontalPodAutoscaler: bounds and target. */
export function validateAutoscaler(next: Fields): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  const min = numberOf(spec['minReplicas'])
  const max = numberOf(spec['maxReplicas']) ?? 0
  if (min !== undefined && min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
  if (max < 1) errors.push(invalid('spec.maxReplicas', max, 'must be greater than 0'))
  if (min !== undefined && max < min)
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  const target = at(spec, 'scaleTargetRef')
  for (const name of ['kind', 'name']) if (!isSet(target[name])) errors.push(required(`spec.scaleTargetRef.${name}`))
  return errors
}

/** IngressClass. */
export function validateIngressClass(next: Fields, previous: Fields | undefined): FieldError[] {
  const { controller } = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  if (!isSet(controller)) errors.push(required('spec.controller'))
  if (previous !== undefined && !sameValue(controller, at(previous, 'spec')['controller'])) {
    errors.push(invalid('spec.controller', controller, 'field is immutable'))
  }
  return errors
}

/** The rule of a Service's name. */
export const serviceName = dnsLabel
