import type { KubeObject } from '../../k8s/object.ts'
import { fieldsList, fieldsOf, isSet, listOf, sameValue, type Fields } from '../validation/values.ts'

const specOf = (service: KubeObject): Fields => fieldsOf(service['spec'])

const needsAddress = (spec: Fields): boolean =>
  spec['type'] === 'ClusterIP' || spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer'

/** Whether its ports are open on all nodes. */
export const needsNodePorts = (spec: Fields): boolean =>
  spec['type'] === 'NodePort' || (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)

/** Whether nodes are asked if they serve it. */
export const needsHealthPort = (spec: Fields): boolean =>
  spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local'

/** Whether it is reached from without. */
export const isExternal = (spec: Fields): boolean =>
  spec['type'] === 'NodePort' ||
  spec['type'] === 'LoadBalancer' ||
  (spec['type'] === 'ClusterIP' && listOf(spec['externalIPs']).length > 0)

/** The singular and the plural name of the address say the same: the one that changed decides. */
export function normalizeAddresses(service: KubeObject, previous: KubeObject | undefined): void {
  const spec = specOf(service)
  const before = previous && specOf(previous)
  const single = spec['clusterIP']
  const plural = listOf(spec['clusterIPs'])
  if (!before) {
    if (isSet(single) && plural.length === 0) spec['clusterIPs'] = [single]
    else if (!isSet(single) && plural.length > 0) spec['clusterIP'] = plural[0]
    return
  }
  const samePlural = sameValue(plural, before['clusterIPs'])
  if (isSet(before['clusterIP']) && !isSet(single) && samePlural) delete spec['clusterIPs']
  else if (isSet(single) && single !== before['clusterIP'] && samePlural)
    spec['clusterIPs'] = plural.length > 0 ? [single, ...plural.slice(1)] : [single]
  else if (isSet(single) && plural.length === 0 && single !== before['clusterIP']) spec['clusterIPs'] = [single]
}

/** A client that does not say what was allocated keeps it. */
export function keepAllocated(service: KubeObject, previous: KubeObject): void {
  const spec = specOf(service)
  const before = specOf(previous)
  if (needsAddress(before) && needsAddress(spec)) {
    if (!isSet(spec['clusterIP']) && isSet(before['clusterIP'])) spec['clusterIP'] = before['clusterIP']
    if (listOf(spec['clusterIPs']).length === 0 && spec['clusterIP'] === before['clusterIP'])
      spec['clusterIPs'] = before['clusterIPs']
  }
  if (needsNodePorts(before) && needsNodePorts(spec)) keepNodePorts(spec, before)
  if (needsHealthPort(before) && needsHealthPort(spec) && !isSet(spec['healthCheckNodePort']))
    spec['healthCheckNodePort'] = before['healthCheckNodePort']
}

function keepNodePorts(spec: Fields, before: Fields): void {
  const portsOf = (of: Fields): Set<unknown> =>
    new Set(
      fieldsList(of['ports'])
        .map((port) => port['nodePort'])
        .filter((port) => isSet(port) && port !== 0),
    )
  const given = portsOf(spec)
  const byName = new Map(fieldsList(before['ports']).map((port) => [port['name'] ?? '', port['nodePort']]))
  for (const port of fieldsList(spec['ports'])) {
    const old = byName.get(port['name'] ?? '')
    if ((!isSet(port['nodePort']) || port['nodePort'] === 0) && isSet(old) && !given.has(old)) port['nodePort'] = old
  }
}

/** What the former type needed goes with it, unless the client has just said it. */
export function dropForType(service: KubeObject, previous: KubeObject): void {
  const spec = specOf(service)
  const before = specOf(previous)
  const dropSame = (...names: readonly string[]): void => {
    for (const name of names) if (sameValue(spec[name], before[name])) delete spec[name]
  }
  if (needsAddress(before) && !needsAddress(spec)) {
    if (sameValue(spec['clusterIPs'], before['clusterIPs']) || !isSet(spec['clusterIP'])) {
      delete spec['clusterIP']
      delete spec['clusterIPs']
    }
    dropSame('ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy')
  }
  const samePorts = fieldsList(spec['ports']).every((port, index) =>
    sameValue(port['nodePort'], fieldsList(before['ports'])[index]?.['nodePort']),
  )
  if (needsNodePorts(before) && !needsNodePorts(spec) && samePorts)
    for (const port of fieldsList(spec['ports'])) delete port['nodePort']
  if (needsHealthPort(before) && !needsHealthPort(spec)) dropSame('healthCheckNodePort')
  if (before['type'] === 'LoadBalancer' && spec['type'] !== 'LoadBalancer')
    dropSame('allocateLoadBalancerNodePorts', 'loadBalancerClass')
  if (isExternal(before) && !isExternal(spec)) dropSame('externalTrafficPolicy')
  if (spec['type'] !== 'LoadBalancer') service['status'] = { ...fieldsOf(service['status']), loadBalancer: {} }
}
