import { invalid } from '../errors.ts'
import type { StatusError } from '../status-error.ts'
import type { WriteContext } from '../strategy.ts'
import { quoteGo } from '../validation/field-errors.ts'
import { ipAddress, isIpv4, pathSegment } from '../validation/names.ts'
import { settleFamilies } from './service-families.ts'
import { dropForType, keepAllocated, needsHealthPort, needsNodePorts, normalizeAddresses } from './services.ts'
import { validateService } from '../validation/services.ts'
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
  if (context.subresource !== undefined) return
  normalizeAddresses(next, previous)
  if (previous !== undefined) {
    keepAllocated(next, previous)
    dropForType(next, previous)
  }
  const spec = fieldsOf(next['spec'])
  if (spec['type'] === 'ExternalName') return
  // An update is judged before anything is allocated for it, a new one after.
  if (previous !== undefined && validateService(next, previous).length > 0) return
  settleFamilies(next, previous)
  const used = await inUse(next, context)
  allocateAddress(next, spec, used.addresses)
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer')
    allocatePorts(next, spec, used.ports, context.dryRun)
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
    refuseUnnamable(next)
    let candidate = spread(`${textOf(next.metadata.uid)}/${textOf(next.metadata.resourceVersion)}`)
    let address = ''
    do {
      address = `${prefix}${(candidate >>> 8) & 0xff}.${1 + (candidate % 254)}`
      candidate += 1
    } while (used.has(address) || address === `${prefix}0.1`)
    spec['clusterIP'] = address
    spec['clusterIPs'] = [address]
  }
}

/** An allocated address is an object that names its Service: a name that no path can hold fails there first. */
function refuseUnnamable(next: KubeObject): void {
  const name = textOf(next.metadata.name)
  const [complaint] = pathSegment(name)
  if (name === '' || complaint === undefined) return
  throw invalid('Service', '', name, [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.clusterIPs',
      message: `Invalid value: [""]: failed to allocate IP: IPAddress.networking.k8s.io "${prefix}0.2" is invalid: spec.parentRef.name: Invalid value: ${quoteGo(name)}: ${complaint}`,
    },
  ])
}

/** What a dry run shows where a port would be allocated: numbers beyond the range. */
function dryPorts(spec: Fields): () => number {
  const given = fieldsList(spec['ports']).map((port) => (typeof port['nodePort'] === 'number' ? port['nodePort'] : 0))
  let last = Math.max(0, ...given) || firstPort + portCount
  return () => (last += 1)
}

function allocatePorts(next: KubeObject, spec: Fields, used: Set<number>, dryRun: boolean): void {
  const dry = dryRun ? dryPorts(spec) : undefined
  const allocate = (seed: string): number => {
    if (dry) return dry()
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
    if (needsNodePorts(spec)) port['nodePort'] = allocate(`${uid}/${index}`)
  })
  if (needsHealthPort(spec) && !isSet(spec['healthCheckNodePort']))
    spec['healthCheckNodePort'] = allocate(`${uid}/health`)
}

function invalidPort(next: KubeObject, index: number, port: number, why: string): StatusError {
  return invalid('Service', '', textOf(next.metadata.name), [
    { reason: 'FieldValueInvalid', field: `spec.ports[${index}].nodePort`, message: `Invalid value: ${port}: ${why}` },
  ])
}
