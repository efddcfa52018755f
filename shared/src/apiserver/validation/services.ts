import type { FieldError } from '../strategy.ts'
import { protocols } from './containers.ts'
import { duplicate, forbidden, immutable, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { validateLabels } from './labels.ts'
import { dnsLabel, dnsSubdomain, ipAddress, portNumber } from './names.ts'
import { portNumberOrName } from './numbers.ts'
import { fieldsList, fieldsOf, isSet, listOf, numberOf, sameValue, textOf, type Fields } from './values.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

/** Service: type, ports, addresses, and the address that stays. */
export function validateService(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const type = textOf(spec['type'])
  const errors: FieldError[] = []
  const headless = listOf(spec['clusterIPs'])[0] === 'None'
  const ports = fieldsList(spec['ports'])
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.push(required('spec.ports'))
  if (type === 'LoadBalancer' && headless)
    errors.push(invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"))
  if (type === 'NodePort' && headless)
    errors.push(invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"))
  if (type === 'ExternalName') errors.push(...validateExternalName(spec))
  errors.push(...validatePorts(ports, type))
  errors.push(...validateLabels(spec['selector'], 'spec.selector'))
  const affinity = textOf(spec['sessionAffinity'])
  if (affinity === '') errors.push(required('spec.sessionAffinity'))
  else if (!['ClientIP', 'None'].includes(affinity))
    errors.push(notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']))
  listOf(spec['clusterIPs']).forEach((address, index) => {
    const text = textOf(address)
    if (text !== 'None' && text !== '') errors.push(...invalidAll(`spec.clusterIPs[${index}]`, text, ipAddress(text)))
  })
  listOf(spec['externalIPs']).forEach((address, index) => {
    errors.push(...invalidAll(`spec.externalIPs[${index}]`, address, ipAddress(textOf(address))))
  })
  if (type === '') errors.push(required('spec.type'))
  else if (!types.includes(type)) errors.push(notSupported('spec.type', type, types))
  errors.push(...validatePolicies(spec, type))
  if (previous !== undefined) errors.push(...keepAddress(spec, fieldsOf(previous['spec'])))
  return errors
}

function validateExternalName(spec: Fields): FieldError[] {
  const name = textOf(spec['externalName'])
  const errors: FieldError[] = []
  if (listOf(spec['clusterIPs']).length > 0)
    errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'))
  if (name === '') errors.push(required('spec.externalName'))
  else errors.push(...invalidAll('spec.externalName', name, dnsSubdomain(name.replace(/\.$/, ''))))
  return errors
}

function validatePorts(ports: readonly Fields[], type: string): FieldError[] {
  const names = new Set<string>()
  const seen = new Set<string>()
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
    const protocol = textOf(port['protocol'])
    if (!protocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, protocols))
    errors.push(...portNumberOrName(port['targetPort'], `${path}.targetPort`))
    const key = `${protocol}/${number}`
    if (seen.has(key)) {
      errors.push(
        duplicate(path, { Name: '', Protocol: protocol, AppProtocol: null, Port: number, TargetPort: 0, NodePort: 0 }),
      )
    }
    seen.add(key)
    if (isSet(port['nodePort']) && port['nodePort'] !== 0 && type === 'ClusterIP') {
      errors.push(forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'"))
    }
    return errors
  })
}

function validatePolicies(spec: Fields, type: string): FieldError[] {
  const errors: FieldError[] = []
  const external = spec['externalTrafficPolicy']
  if (isSet(external) && !['Cluster', 'Local'].includes(textOf(external))) {
    errors.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']))
  }
  const internal = spec['internalTrafficPolicy']
  if (isSet(internal) && !['Cluster', 'Local'].includes(textOf(internal))) {
    errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']))
  }
  if (type !== 'LoadBalancer') {
    if (spec['allocateLoadBalancerNodePorts'] !== undefined) {
      errors.push(forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"))
    }
    if (isSet(spec['loadBalancerClass']))
      errors.push(forbidden('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"))
    if (isSet(spec['loadBalancerSourceRanges'])) {
      errors.push(forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"))
    }
  }
  return errors
}

function keepAddress(spec: Fields, before: Fields): FieldError[] {
  if (spec['type'] === 'ExternalName' || before['type'] === 'ExternalName') return []
  const old = listOf(before['clusterIPs'])
  const now = listOf(spec['clusterIPs'])
  const errors: FieldError[] = []
  if (old.length > 0 && !sameValue(old[0], now[0]))
    errors.push(invalid('spec.clusterIPs[0]', now, 'may not change once set'))
  if (
    isSet(before['loadBalancerClass']) &&
    before['type'] === 'LoadBalancer' &&
    spec['type'] === 'LoadBalancer' &&
    spec['loadBalancerClass'] !== before['loadBalancerClass']
  ) {
    errors.push(immutable('spec.loadBalancerClass', spec['loadBalancerClass']))
  }
  return errors
}
