import type { KubeObject } from '../../k8s/object.ts'
import { dnsLabel } from '../validation/names.ts'
import { at } from '../validation/numbers.ts'
import { isWhole } from '../validation/quantity.ts'
import { fieldsList, fieldsOf, isSet, listOf, sortedMap, textOf, type Fields } from '../validation/values.ts'

const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

/** What is allowed in a pod's spec, but hardly meant. */
export function podSpecWarnings(spec: Fields, field: string, annotations: unknown, annotationField: string): string[] {
  const found: string[] = []
  for (const key of Object.keys(sortedMap(fieldsOf(spec['nodeSelector'])))) {
    const text = oldLabels[key]
    if (text !== undefined) found.push(`${field}.nodeSelector[${key}]: ${text}`)
  }
  for (const key of Object.keys(sortedMap(fieldsOf(annotations)))) {
    if (key === 'seccomp.security.alpha.kubernetes.io/pod')
      found.push(`${annotationField}[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`)
    if (key.startsWith('container.seccomp.security.alpha.kubernetes.io/'))
      found.push(`${annotationField}[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`)
    if (key.startsWith('container.apparmor.security.beta.kubernetes.io/'))
      found.push(`${annotationField}[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`)
  }
  for (const list of ['initContainers', 'containers']) {
    fieldsList(spec[list]).forEach((container, index) => {
      found.push(...containerWarnings(container, `${field}.${list}[${index}]`))
    })
  }
  return found
}

function containerWarnings(container: Fields, path: string): string[] {
  const found: string[] = []
  for (const part of ['limits', 'requests']) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const amount = at(container, 'resources', part)[name]
      if (amount !== undefined && !isWhole(amount)) {
        found.push(
          `${path}.resources.${part}[${name}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`,
        )
      }
    }
  }
  const names = new Set<string>()
  fieldsList(container['env']).forEach((variable, index) => {
    const name = textOf(variable['name'])
    if (names.has(name))
      found.push(
        `${path}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      )
    names.add(name)
  })
  const ports = new Map<string, number>()
  fieldsList(container['ports']).forEach((port, index) => {
    const key = [port['containerPort'], port['protocol'] ?? 'TCP', port['hostPort'] ?? 0, port['hostIP'] ?? ''].join(
      '/',
    )
    const first = ports.get(key)
    if (first !== undefined)
      found.push(`${path}.ports[${index}]: duplicate port definition with ${path}.ports[${first}]`)
    else ports.set(key, index)
  })
  return found
}

/** A name that pods take theirs from had better be a label. */
export function podNameWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const complaints = previous === undefined ? dnsLabel(object.metadata.name ?? '') : []
  return complaints.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${complaints.join(' ')}]`,
      ]
}

/** Warnings about a workload: its name, and the pod template. */
export function workloadWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  return [...podNameWarnings(object, previous), ...templateWarnings(object)]
}

/** Warnings about the pod template of a workload. */
export function templateWarnings(object: KubeObject): string[] {
  const template = at(object, 'spec', 'template')
  return podSpecWarnings(
    at(template, 'spec'),
    'spec.template.spec',
    at(template, 'metadata')['annotations'],
    'spec.template.metadata.annotations',
  )
}

/** CronJob. */
export function cronJobWarnings(object: KubeObject, previous: KubeObject | undefined): string[] {
  const template = at(object, 'spec', 'jobTemplate', 'spec', 'template')
  const field = 'spec.jobTemplate.spec.template'
  const annotations = at(template, 'metadata')['annotations']
  return [
    ...podNameWarnings(object, previous),
    ...podSpecWarnings(at(template, 'spec'), `${field}.spec`, annotations, `${field}.metadata.annotations`),
  ]
}

/** Service. */
export function serviceWarnings(object: KubeObject): string[] {
  const spec = fieldsOf(object['spec'])
  const found: string[] = []
  if (listOf(spec['externalIPs']).length > 0)
    found.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (isSet(spec['loadBalancerIP']) && spec['clusterIP'] === 'None')
    found.push('spec.loadBalancerIP is ignored for headless services')
  if (isSet(spec['externalName']) && spec['type'] !== 'ExternalName')
    found.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  return found
}

/** ServiceAccount. */
export function serviceAccountWarnings(object: KubeObject): string[] {
  const key = 'kubernetes.io/enforce-mountable-secrets'
  if (object.metadata.annotations?.[key] === undefined) return []
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

/** A Job deleted without a policy leaves its pods. */
export const jobOrphans =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'
