import type { FieldError } from '../strategy.ts'
import { enumerated } from './choices.ts'
import { protocols } from './containers.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { printGo } from './go-print.ts'
import { validateLabels } from './labels.ts'
import { cidr, dnsLabel, dnsSubdomain, ipAddress, portNumber, qualifiedName, specialAddress } from './names.ts'
import { at, portNumberOrName } from './numbers.ts'
import { validateServiceAddresses } from './service-addresses.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const policies = ['Cluster', 'Local']

/** Service: type, ports, addresses, and the address that stays. */
export function validateService(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const type = textOf(spec['type'])
  const errors: FieldError[] = previous === undefined ? [] : validateUpdate(spec, fieldsOf(previous['spec']))
  const headless = listOf(spec['clusterIPs'])[0] === 'None'
  const ports = fieldsList(spec['ports'])
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.push(required('spec.ports'))
  if (headless && (type === 'LoadBalancer' || type === 'NodePort'))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  if (type === 'ExternalName') errors.push(...validateExternalName(spec))
  errors.push(...validatePorts(ports))
  errors.push(...validateLabels(spec['selector'], 'spec.selector'))
  errors.push(...validateAffinity(spec))
  errors.push(...validateServiceAddresses(spec))
  errors.push(...validateOutside(spec))
  if (type === '') errors.push(required('spec.type'))
  else if (!types.includes(type)) errors.push(notSupported('spec.type', type, types))
  errors.push(...validateNodePorts(ports, type))
  errors.push(...validateDuplicates(ports))
  errors.push(...validateBalancer(spec, type))
  errors.push(...validatePolicies(spec, type))
  return errors
}

function validateExternalName(spec: Fields): FieldError[] {
  const name = textOf(spec['externalName'])
  const errors: FieldError[] = []
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
    if (isSet(spec[field])) errors.push(forbidden(`spec.${field}`, 'may not be set for ExternalName services'))
  if (name === '') errors.push(required('spec.externalName'))
  else {
    const plain = name.replace(/\.$/, '')
    errors.push(...invalidAll('spec.externalName', plain, dnsSubdomain(plain)))
  }
  return errors
}

function validatePorts(ports: readonly Fields[]): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const path = `spec.ports[${index}]`
    const errors: FieldError[] = []
    const name = textOf(port['name'])
    if (name === '') {
      if (ports.length > 1) errors.push(required(`${path}.name`))
    } else {
      errors.push(...invalidAll(`${path}.name`, name, dnsLabel(name)))
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
      names.add(name)
    }
    const number = numberOf(port['port']) ?? 0
    errors.push(...invalidAll(`${path}.port`, number, portNumber(number)))
    errors.push(...enumerated(port['protocol'], `${path}.protocol`, protocols))
    errors.push(...portNumberOrName(port['targetPort'], `${path}.targetPort`))
    const application = port['appProtocol']
    if (typeof application === 'string')
      errors.push(...invalidAll(`${path}.appProtocol`, application, qualifiedName(application)))
    return errors
  })
}

function validateAffinity(spec: Fields): FieldError[] {
  const errors = enumerated(spec['sessionAffinity'], 'spec.sessionAffinity', ['ClientIP', 'None'])
  const config = spec['sessionAffinityConfig']
  if (spec['sessionAffinity'] === 'None' && isFields(config))
    errors.push(forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None'))
  const seconds = numberOf(at(config, 'clientIP')['timeoutSeconds'])
  if (spec['sessionAffinity'] === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86400))
    errors.push(
      invalid(
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
        seconds,
        'must be greater than 0 and less than 86400',
      ),
    )
  return errors
}

function validateOutside(spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  listOf(spec['externalIPs']).forEach((address, index) => {
    const path = `spec.externalIPs[${index}]`
    const text = textOf(address)
    const complaints = ipAddress(text)
    errors.push(...invalidAll(path, text, complaints.length > 0 ? complaints : specialAddress(text)))
  })
  return errors
}

function validateNodePorts(ports: readonly Fields[], type: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  ports.forEach((port, index) => {
    const number = numberOf(port['nodePort']) ?? 0
    if (number === 0) return
    const path = `spec.ports[${index}].nodePort`
    if (type === 'ClusterIP') errors.push(forbidden(path, "may not be used when `type` is 'ClusterIP'"))
    const key = `${textOf(port['protocol'])}/${number}`
    if (seen.has(key)) errors.push(duplicate(path, number))
    seen.add(key)
  })
  return errors
}

function validateDuplicates(ports: readonly Fields[]): FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap((port, index) => {
    const { protocol, port: number } = port
    const key = `${textOf(protocol)}/${numberOf(number) ?? 0}`
    const again = seen.has(key)
    seen.add(key)
    return again ? [duplicate(`spec.ports[${index}]`, printGo('core.v1.ServicePort', { protocol, port: number }))] : []
  })
}

const onlyBalancers = "may only be used when `type` is 'LoadBalancer'"

function validateBalancer(spec: Fields, type: string): FieldError[] {
  const errors: FieldError[] = []
  const balancer = type === 'LoadBalancer'
  const ranges = listOf(spec['loadBalancerSourceRanges'])
  // The server itself spells this field so.
  if (ranges.length > 0 && !balancer) errors.push(forbidden('spec.LoadBalancerSourceRanges', onlyBalancers))
  ranges.forEach((range, index) => {
    const text = textOf(range).trim()
    errors.push(...invalidAll(`spec.LoadBalancerSourceRanges[${index}]`, text, cidr(text)))
  })
  if (spec['allocateLoadBalancerNodePorts'] !== undefined && !balancer)
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyBalancers))
  const kind = spec['loadBalancerClass']
  if (isSet(kind)) {
    if (balancer) errors.push(...invalidAll('spec.loadBalancerClass', kind, qualifiedName(textOf(kind))))
    else errors.push(forbidden('spec.loadBalancerClass', onlyBalancers))
  }
  return errors
}

function validatePolicies(spec: Fields, type: string): FieldError[] {
  const errors: FieldError[] = []
  const external = spec['externalTrafficPolicy']
  const reachable =
    type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && listOf(spec['externalIPs']).length > 0)
  if (!reachable) {
    if (isSet(external))
      errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'))
  } else errors.push(...enumerated(external, 'spec.externalTrafficPolicy', policies))
  const health = numberOf(spec['healthCheckNodePort']) ?? 0
  if (type === 'LoadBalancer' && external === 'Local')
    errors.push(...(health === 0 ? [] : invalidAll('spec.healthCheckNodePort', health, portNumber(health))))
  else if (health !== 0)
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        health,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    )
  const internal = spec['internalTrafficPolicy']
  if (isSet(internal) && !policies.includes(textOf(internal)))
    errors.push(notSupported('spec.internalTrafficPolicy', internal, policies))
  const distribution = spec['trafficDistribution']
  if (typeof distribution === 'string' && !distributions.includes(distribution))
    errors.push(notSupported('spec.trafficDistribution', distribution, distributions))
  return errors
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

function validateUpdate(spec: Fields, before: Fields): FieldError[] {
  const errors: FieldError[] = []
  if (spec['type'] !== 'ExternalName' && before['type'] !== 'ExternalName') {
    const old = listOf(before['clusterIPs'])
    const now = listOf(spec['clusterIPs'])
    if (old.length > 0 && !sameValue(old[0], now[0]))
      errors.push(invalid('spec.clusterIPs[0]', now, 'may not change once set'))
    const [wasFamily] = listOf(before['ipFamilies'])
    const [family] = listOf(spec['ipFamilies'])
    if (wasFamily !== undefined && family !== undefined && family !== wasFamily)
      errors.push(invalid('spec.ipFamilies[0]', listOf(spec['ipFamilies']), 'may not change once set'))
  }
  if (
    before['type'] === 'LoadBalancer' &&
    spec['type'] === 'LoadBalancer' &&
    !sameValue(spec['loadBalancerClass'], before['loadBalancerClass'])
  )
    errors.push(invalid('spec.loadBalancerClass', spec['loadBalancerClass'], 'may not change once set'))
  const local = (of: Fields): boolean => of['type'] === 'LoadBalancer' && of['externalTrafficPolicy'] === 'Local'
  if (local(before) && local(spec) && spec['healthCheckNodePort'] !== before['healthCheckNodePort'])
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'))
  return errors
}
