import { invalid } from '../errors.ts'
import type { StatusError } from '../status-error.ts'
import type { WriteContext } from '../strategy.ts'
import { ipAddress, isIpv4 } from '../validation/names.ts'
import { fieldsList, fieldsOf, isSet, listOf, textOf, type Fields } from '../validation/values.ts'
import type { KubeObject } from '../../k8s/object.ts'

const prefix = '10.0.'
const firstPort = 30000
const portCount = 2768

/** A number that a text decides: choices need no randomness, and two writers at once rarely meet. */
function spread(text: string): number {
  let hash = 2166136261
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0
  return hash
}

/** Gives a Service its cluster addresses and node ports, and keeps those it has. */
export async function prepareService(
  next: KubeObject,
  previous: KubeObject | undefined,
  context: WriteContext,
): Promise<void> {
  const spec = fieldsOf(next['spec'])
  const before = fieldsOf(previous?.['spec'])
  if (spec['type'] === 'ExternalName') {
    if (previous !== undefined && before['type'] !== 'ExternalName' && sameAddress(spec, before)) {
      for (const name of [
        'clusterIP',
        'clusterIPs',
        'ipFamilies',
        'ipFamilyPolicy',
        'internalTrafficPolicy',
        'externalTrafficPolicy',
      ])
        delete spec[name]
    }
    delete spec['internalTrafficPolicy']
    dropNodePorts(spec)
    return
  }
  keepAddress(spec, before, previous)
  dropForType(spec, before)
  const used = await inUse(next, context)
  allocateAddress(next, spec, used.addresses)
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer') allocatePorts(next, spec, before, used.ports)
}

function sameAddress(spec: Fields, before: Fields): boolean {
  return !isSet(spec['clusterIP']) || spec['clusterIP'] === before['clusterIP']
}

function keepAddress(spec: Fields, before: Fields, previous: unknown): void {
  if (previous !== undefined && before['type'] !== 'ExternalName' && !isSet(spec['clusterIP'])) {
    if (isSet(before['clusterIP'])) spec['clusterIP'] = before['clusterIP']
    if (isSet(before['clusterIPs'])) spec['clusterIPs'] = before['clusterIPs']
  }
  // The singular and the plural name say the same; the one that changed decides.
  if (isSet(spec['clusterIP'])) {
    const plural = listOf(spec['clusterIPs'])
    if (plural.length === 0 || (spec['clusterIP'] !== before['clusterIP'] && plural[0] === before['clusterIP'])) {
      spec['clusterIPs'] = [spec['clusterIP']]
    }
  } else if (listOf(spec['clusterIPs']).length > 0) spec['clusterIP'] = listOf(spec['clusterIPs'])[0]
}

/** What the former type needed goes with it, unless the client has just said it. */
function dropForType(spec: Fields, before: Fields): void {
  if (spec['type'] === 'ClusterIP') {
    if (before['type'] === 'NodePort' || before['type'] === 'LoadBalancer') dropNodePorts(spec)
    if (listOf(spec['externalIPs']).length === 0) delete spec['externalTrafficPolicy']
  }
  if (spec['type'] !== 'LoadBalancer' && before['type'] === 'LoadBalancer') {
    for (const name of ['allocateLoadBalancerNodePorts', 'loadBalancerClass']) {
      if (spec[name] === before[name]) delete spec[name]
    }
  }
  if (spec['type'] !== 'LoadBalancer' || spec['externalTrafficPolicy'] !== 'Local') delete spec['healthCheckNodePort']
}

function dropNodePorts(spec: Fields): void {
  for (const port of fieldsList(spec['ports'])) delete port['nodePort']
}

async function inUse(next: KubeObject, context: WriteContext): Promise<{ addresses: Set<string>; ports: Set<number> }> {
  const { items } = await context.objects.list({ group: '', version: 'v1', resource: 'services' })
  const addresses = new Set<string>()
  const ports = new Set<number>()
  for (const item of items) {
    if (item.metadata.name === next.metadata.name && item.metadata.namespace === next.metadata.namespace) continue
    const spec = fieldsOf(item['spec'])
    for (const address of listOf(spec['clusterIPs'])) addresses.add(textOf(address))
    for (const port of fieldsList(spec['ports'])) if (typeof port['nodePort'] === 'number') ports.add(port['nodePort'])
    if (typeof spec['healthCheckNodePort'] === 'number') ports.add(spec['healthCheckNodePort'])
  }
  return { addresses, ports }
}

function allocateAddress(next: KubeObject, spec: Fields, used: ReadonlySet<string>): void {
  const wanted = textOf(spec['clusterIP'])
  if (wanted !== '' && wanted !== 'None' && ipAddress(wanted).length === 0) {
    const refuse = (why: string): StatusError =>
      invalid('Service', '', textOf(next.metadata.name), [
        {
          reason: 'FieldValueInvalid',
          field: 'spec.clusterIPs',
          message: `Invalid value: ${JSON.stringify([wanted])}: failed to allocate IP ${wanted}: ${why}`,
        },
      ])
    if (!isIpv4(wanted) || !wanted.startsWith(prefix))
      throw refuse('the provided network does not match the current range')
    if (used.has(wanted)) throw refuse('provided IP is already allocated')
  }
  if (wanted === '') {
    let candidate = spread(`${textOf(next.metadata.uid)}/${textOf(next.metadata.resourceVersion)}`)
    let address = ''
    do {
      address = `${prefix}${(candidate >>> 8) & 0xff}.${1 + (candidate % 254)}`
      candidate += 1
    } while (used.has(address) || address === `${prefix}0.1`)
    spec['clusterIP'] = address
    spec['clusterIPs'] = [address]
  }
  spec['ipFamilies'] ??= ['IPv4']
  spec['ipFamilyPolicy'] ??= 'SingleStack'
}

function allocatePorts(next: KubeObject, spec: Fields, before: Fields, used: Set<number>): void {
  const old = fieldsList(before['ports'])
  const allocate = (seed: string): number => {
    let offset = spread(seed) % portCount
    while (used.has(firstPort + offset)) offset = (offset + 1) % portCount
    used.add(firstPort + offset)
    return firstPort + offset
  }
  const uid = textOf(next.metadata.uid)
  fieldsList(spec['ports']).forEach((port, index) => {
    const given = port['nodePort']
    if (typeof given === 'number' && given !== 0) {
      if (given < firstPort || given >= firstPort + portCount) {
        throw invalidPort(
          next,
          index,
          given,
          'provided port is not in the valid range. The range of valid ports is 30000-32767',
        )
      }
      if (used.has(given)) throw invalidPort(next, index, given, 'provided port is already allocated')
      return
    }
    const kept = old.find(
      (candidate) => candidate['port'] === port['port'] && candidate['protocol'] === port['protocol'],
    )?.['nodePort']
    if (typeof kept === 'number' && kept !== 0) port['nodePort'] = kept
    else if (spec['allocateLoadBalancerNodePorts'] !== false) port['nodePort'] = allocate(`${uid}/${index}`)
  })
  if (
    spec['type'] === 'LoadBalancer' &&
    spec['externalTrafficPolicy'] === 'Local' &&
    !isSet(spec['healthCheckNodePort'])
  ) {
    spec['healthCheckNodePort'] = before['healthCheckNodePort'] ?? allocate(`${uid}/health`)
  }
}

function invalidPort(next: KubeObject, index: number, port: number, why: string): StatusError {
  return invalid('Service', '', textOf(next.metadata.name), [
    { reason: 'FieldValueInvalid', field: `spec.ports[${index}].nodePort`, message: `Invalid value: ${port}: ${why}` },
  ])
}
