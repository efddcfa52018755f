import type { KubeObject } from '../../../k8s/object.ts'
import { at } from '../../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, textOf } from '../../validation/values.ts'
import { addressListWarnings, addressWarnings, rangeWarnings } from './addresses.ts'
import { labelMapWarnings } from './node-labels.ts'

const oldHints = 'service.kubernetes.io/topology-aware-hints'

/** Service. */
export function serviceWarnings(object: KubeObject): string[] {
  const spec = fieldsOf(object['spec'])
  const found: string[] = []
  if (object.metadata.annotations?.[oldHints] !== undefined)
    found.push(`annotation ${oldHints} is deprecated, please use service.kubernetes.io/topology-mode instead`)
  const { clusterIP, type } = spec
  if (isSet(clusterIP) && clusterIP !== 'None')
    found.push(...addressListWarnings('spec.clusterIPs', spec['clusterIPs']))
  const headless = type === 'ClusterIP' && clusterIP === 'None'
  const outside = listOf(spec['externalIPs'])
  if (headless) {
    if (isSet(spec['loadBalancerIP'])) found.push('spec.loadBalancerIP is ignored for headless services')
    if (outside.length > 0) found.push('spec.externalIPs is ignored for headless services')
    if (spec['sessionAffinity'] !== 'None') found.push('spec.SessionAffinity is ignored for headless services')
  }
  found.push(...addressListWarnings('spec.externalIPs', outside))
  if (outside.length > 0 && !headless && type !== 'ExternalName')
    found.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (isSet(spec['loadBalancerIP'])) found.push(...addressWarnings('spec.loadBalancerIP', spec['loadBalancerIP']))
  listOf(spec['loadBalancerSourceRanges']).forEach((range, index) =>
    found.push(...rangeWarnings(`spec.loadBalancerSourceRanges[${index}]`, range)),
  )
  if (type === 'ExternalName' && outside.length > 0)
    found.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (isSet(spec['externalName']) && type !== 'ExternalName')
    found.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  if (spec['trafficDistribution'] === 'PreferClose')
    found.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  return found
}

/** ServiceAccount, when it begins to say so. */
export function serviceAccountWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const key = 'kubernetes.io/enforce-mountable-secrets'
  if (object.metadata.annotations?.[key] === undefined) return []
  if (previous?.metadata.annotations?.[key] !== undefined) return []
  return [
    `metadata.annotations[${key}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ]
}

/** Secret of type TLS whose pair is none. */
export function secretWarnings(object: KubeObject): string[] {
  if (object['type'] !== 'kubernetes.io/tls') return []
  const data = fieldsOf(object['data'])
  const text = (key: string): string => Buffer.from(textOf(data[key]), 'base64').toString('utf8')
  if (!text('tls.crt').includes('-----BEGIN ')) return ['tls: failed to find any PEM data in certificate input']
  if (!text('tls.key').includes('-----BEGIN ')) return ['tls: failed to find any PEM data in key input']
  return []
}

/** Endpoints, but those that the controller writes. */
export function endpointsWarnings(object: KubeObject): string[] {
  if (object.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return []
  return fieldsList(object['subsets']).flatMap((subset, index) =>
    ['addresses', 'notReadyAddresses'].flatMap((list) =>
      fieldsList(subset[list]).flatMap(({ ip }, inner) =>
        addressWarnings(`subsets[${index}].${list}[${inner}].ip`, ip),
      ),
    ),
  )
}

const managers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

/** EndpointSlice, but those that controllers write. */
export function endpointSliceWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const managed = managers.includes(object.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')
  const names =
    previous === undefined && object['addressType'] === 'FQDN'
      ? ['spec.addressType: FQDN endpoints are deprecated']
      : []
  if (managed) return names
  return [
    ...names,
    ...fieldsList(object['endpoints']).flatMap((endpoint, index) =>
      addressListWarnings(`endpoints[${index}].addresses`, endpoint['addresses']),
    ),
  ]
}

/** NetworkPolicy: its ranges. */
export function networkPolicyWarnings(object: KubeObject): string[] {
  const spec = fieldsOf(object['spec'])
  return [
    ['ingress', 'from'],
    ['egress', 'to'],
  ].flatMap(([direction = '', peers = '']) =>
    fieldsList(spec[direction]).flatMap((rule, index) =>
      fieldsList(rule[peers]).flatMap(({ ipBlock }, inner) => {
        if (!isFields(ipBlock)) return []
        const field = `spec.${direction}[${index}].${peers}[${inner}].ipBlock`
        return [
          ...rangeWarnings(`${field}.cidr`, ipBlock['cidr']),
          ...listOf(ipBlock['except']).flatMap((range, at) => rangeWarnings(`${field}.except[${at}]`, range)),
        ]
      }),
    ),
  )
}

const oldClass = 'kubernetes.io/ingress.class'

/** Ingress, when it is made. */
export function ingressWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const old = object.metadata.annotations?.[oldClass] !== undefined && !isSet(at(object, 'spec')['ingressClassName'])
  return old && previous === undefined
    ? [`annotation "${oldClass}" is deprecated, please use 'spec.ingressClassName' instead`]
    : []
}

/** Node. */
export function nodeWarnings(object: KubeObject): string[] {
  const spec = fieldsOf(object['spec'])
  return [
    ...(isFields(spec['configSource']) ? ['spec.configSource: the feature is removed'] : []),
    ...(isSet(spec['externalID']) ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...listOf(spec['podCIDRs']).flatMap((range, index) => rangeWarnings(`spec.podCIDRs[${index}]`, range)),
  ]
}

/** RuntimeClass. */
export function runtimeClassWarnings(object: KubeObject): string[] {
  return labelMapWarnings(at(object, 'scheduling')['nodeSelector'], () => 'scheduling.nodeSelector')
}
