import type { FieldError } from '../strategy.ts'
import { forbidden, immutable, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import {
  dnsLabel,
  dnsSubdomain,
  isIpv4,
  isIpv6,
  pathSegment,
  portName,
  portNumber,
  wildcardSubdomain,
} from './names.ts'
import { domainPath } from './paths.ts'
import { at } from './numbers.ts'
import { fieldsList, fieldsOf, isFields, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

/** Ingress: hosts, paths and backends. */
export function validateIngress(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  const rules = fieldsList(spec['rules'])
  if (rules.length === 0 && !isFields(spec['defaultBackend']))
    errors.push(invalid('spec', spec['rules'], 'either `defaultBackend` or `rules` must be specified'))
  if (isFields(spec['defaultBackend'])) errors.push(...validateBackend(spec['defaultBackend'], 'spec.defaultBackend'))
  rules.forEach((rule, index) => {
    const field = `spec.rules[${index}]`
    errors.push(...validateHost(textOf(rule['host']), `${field}.host`, true))
    if (isFields(rule['http'])) errors.push(...validatePaths(rule['http'], `${field}.http`))
  })
  fieldsList(spec['tls']).forEach((tls, index) => {
    const field = `spec.tls[${index}]`
    listOf(tls['hosts']).forEach((host, position) => {
      errors.push(...validateHost(textOf(host), `${field}.hosts[${position}]`, false))
    })
    const secret = textOf(tls['secretName'])
    if (secret !== '') errors.push(...invalidAll(`${field}.secretName`, secret, dnsSubdomain(secret)))
  })
  const name = spec['ingressClassName']
  if (typeof name === 'string') errors.push(...invalidAll('spec.ingressClassName', name, dnsSubdomain(name)))
  const noted = at(next, 'metadata', 'annotations')['kubernetes.io/ingress.class']
  if (previous === undefined && noted !== undefined && typeof name === 'string' && noted !== name)
    errors.push(
      invalid(
        'annotations.kubernetes.io/ingress.class',
        noted,
        'must match `ingressClassName` when both are specified',
      ),
    )
  return errors
}

/** In rules an empty host is any; in certificates each host has a name. */
function validateHost(host: string, field: string, rule: boolean): FieldError[] {
  if (host === '' && rule) return []
  const address = rule && (isIpv4(host) || isIpv6(host))
  return [
    ...(address ? [invalid(field, host, 'must be a DNS name, not an IP address')] : []),
    ...invalidAll(field, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host)),
  ]
}

function validatePaths(http: Fields, field: string): FieldError[] {
  const paths = fieldsList(http['paths'])
  if (paths.length === 0) return [required(`${field}.paths`)]
  return paths.flatMap((path, index) => {
    const place = `${field}.paths[${index}]`
    const type = path['pathType']
    if (type === undefined || type === null) return [required(`${place}.pathType`, 'pathType must be specified')]
    return [
      ...validatePath(textOf(path['path']), textOf(type), place),
      ...validateBackend(fieldsOf(path['backend']), `${place}.backend`),
    ]
  })
}

function validatePath(path: string, type: string, place: string): FieldError[] {
  if (!pathTypes.includes(type)) return [notSupported(`${place}.pathType`, type, pathTypes)]
  const field = `${place}.path`
  const absolute = path.startsWith('/') ? [] : [invalid(field, path, 'must be an absolute path')]
  if (type === 'ImplementationSpecific') return path === '' ? [] : absolute
  return [
    ...absolute,
    ...['//', '/./', '/../', '%2f', '%2F']
      .filter((part) => path.includes(part))
      .map((part) => invalid(field, path, `must not contain '${part}'`)),
    ...['/..', '/.'].filter((end) => path.endsWith(end)).map((end) => invalid(field, path, `cannot end with '${end}'`)),
  ]
}

function validateBackend(backend: Fields, field: string): FieldError[] {
  const { service, resource } = backend
  if (isFields(service) && isFields(resource))
    return [invalid(field, '', 'cannot set both resource and service backends')]
  if (isFields(resource)) return validateReference(resource, `${field}.resource`)
  if (!isFields(service)) return [invalid(field, '', 'resource or service backend is required')]
  const name = textOf(service['name'])
  const errors =
    name === '' ? [required(`${field}.service.name`)] : invalidAll(`${field}.service.name`, name, dnsLabel(name))
  const port = fieldsOf(service['port'])
  const number = numberOf(port['number']) ?? 0
  const words = textOf(port['name'])
  if (words !== '' && number !== 0) errors.push(invalid(field, '', 'cannot set both port name & port number'))
  else if (words !== '') errors.push(...invalidAll(`${field}.service.port.name`, words, portName(words)))
  else if (number !== 0) errors.push(...invalidAll(`${field}.service.port.number`, number, portNumber(number)))
  else errors.push(required(field, 'port name or number is required'))
  return errors
}

function validateReference(reference: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  const group = reference['apiGroup']
  if (typeof group === 'string') errors.push(...invalidAll(`${field}.apiGroup`, group, dnsSubdomain(group)))
  for (const name of ['kind', 'name']) {
    const value = textOf(reference[name])
    if (value === '') errors.push(required(`${field}.${name}`))
    else errors.push(...invalidAll(`${field}.${name}`, value, pathSegment(value)))
  }
  return errors
}

const scopes = ['Cluster', 'Namespace']

/** IngressClass: who serves it, and by which parameters. */
export function validateIngressClass(next: Fields, previous: Fields | undefined): FieldError[] {
  const { controller, parameters } = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  if (previous !== undefined && !sameValue(controller, at(previous, 'spec')['controller']))
    errors.push(immutable('spec.controller', textOf(controller)))
  errors.push(...validateController(textOf(controller)))
  if (!isFields(parameters)) return errors
  const field = 'spec.parameters'
  errors.push(...validateReference(parameters, field))
  const scope = parameters['scope']
  const namespace = parameters['namespace']
  if (scope === undefined) errors.push(required(`${field}.scope`))
  else if (!scopes.includes(textOf(scope))) errors.push(notSupported(`${field}.scope`, scope, scopes))
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"))
    else errors.push(...invalidAll(`${field}.namespace`, namespace, dnsLabel(textOf(namespace))))
  } else if (namespace !== undefined)
    errors.push(forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  return errors
}

function validateController(controller: string): FieldError[] {
  const field = 'spec.controller'
  const tooLong = Buffer.byteLength(controller) > 250
  return [
    ...(tooLong ? [{ reason: 'FieldValueTooLong', field, message: 'Too long: may not be more than 250 bytes' }] : []),
    ...domainPath(controller, field),
  ]
}
