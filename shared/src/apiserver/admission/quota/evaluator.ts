import type { KubeObject } from '../../../k8s/object.ts'
import { fieldsList, fieldsOf, textOf } from '../../validation/values.ts'
import { parseQuantity, type Quantity } from '../../validation/quantity.ts'
import { count, none, type Amounts } from '../amounts.ts'
import { podEvaluator } from './pods.ts'
import type { ScopeRequirement } from './scopes.ts'

/** How objects of one kind count against a quota. */
export interface Evaluator {
  /** Which of a quota's resources this kind has to do with. */
  resources(names: readonly string[]): string[]
  usage(object: KubeObject, now: number): Amounts
  /** Whether an object is in a scope; absent: kinds that know no scopes. */
  matchesScope?(requirement: ScopeRequirement, object: KubeObject): boolean
  /** What an object must say where a quota limits these resources. Undefined: nothing is missing. */
  missing?(required: readonly string[], object: KubeObject): string | undefined
  /** Whether a write may change what is used. */
  concerns(operation: string, subresource: string | undefined, next: KubeObject, previous?: KubeObject): boolean
}

/** The name by which objects of a kind are counted: `count/deployments.apps`. */
export const countName = (resource: string): string => `count/${resource}`

/** Kinds that have a name of their own to be counted by, from before the general one. */
const aliases = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])

/** Kinds that no quota counts. */
const ignored = new Set([
  'bindings',
  'componentstatuses',
  'events',
  'events.events.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
])

/** How objects of `plural.group` count; undefined: not at all. */
export function evaluatorOf(resource: string): Evaluator | undefined {
  if (ignored.has(resource)) return undefined
  if (resource === 'pods') return podEvaluator
  if (resource === 'services') return serviceEvaluator
  if (resource === 'persistentvolumeclaims') return claimEvaluator
  return objectEvaluator(aliases.has(resource) ? [countName(resource), resource] : [countName(resource)])
}

const within = (known: readonly string[]) => (names: readonly string[]) => names.filter((name) => known.includes(name))

function objectEvaluator(names: readonly string[]): Evaluator {
  return {
    resources: within(names),
    usage: () => new Map(names.map((name) => [name, count(1)])),
    concerns: (operation, subresource) => operation === 'CREATE' && subresource === undefined,
  }
}

const written = (operation: string, subresource: string | undefined): boolean =>
  (operation === 'CREATE' || operation === 'UPDATE') && subresource === undefined

const serviceNames = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers']

const serviceEvaluator: Evaluator = {
  resources: within(serviceNames),
  usage(object) {
    const spec = fieldsOf(object['spec'])
    const ports = fieldsList(spec['ports'])
    const type = textOf(spec['type'])
    const balanced = type === 'LoadBalancer'
    const counted =
      balanced && spec['allocateLoadBalancerNodePorts'] === false
        ? ports.filter((port) => typeof port['nodePort'] === 'number' && port['nodePort'] !== 0)
        : ports
    return new Map([
      ['count/services', count(1)],
      ['services', count(1)],
      ['services.nodeports', balanced || type === 'NodePort' ? count(counted.length) : none],
      ['services.loadbalancers', count(balanced ? 1 : 0)],
    ])
  },
  concerns: written,
}

const claimNames = ['count/persistentvolumeclaims', 'persistentvolumeclaims', 'requests.storage']
const ofClass = '.storageclass.storage.k8s.io/'
const ofClassNames = [`${ofClass}persistentvolumeclaims`, `${ofClass}requests.storage`]

const claimEvaluator: Evaluator = {
  resources: (names) =>
    names.filter((name) => claimNames.includes(name) || ofClassNames.some((suffix) => name.endsWith(suffix))),
  usage(object) {
    const spec = fieldsOf(object['spec'])
    const usage = new Map<string, Quantity>([
      ['count/persistentvolumeclaims', count(1)],
      ['persistentvolumeclaims', count(1)],
    ])
    const annotated = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
    const name = annotated ?? textOf(spec['storageClassName'])
    if (name !== '') usage.set(`${name}${ofClass}persistentvolumeclaims`, count(1))
    const request = parseQuantity(fieldsOf(fieldsOf(spec['resources'])['requests'])['storage'])
    if (request) {
      usage.set('requests.storage', request)
      if (name !== '') usage.set(`${name}${ofClass}requests.storage`, request)
    }
    return usage
  },
  concerns: written,
}
