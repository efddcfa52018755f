import type { KubeObject } from '../../../k8s/object.ts'
import type { Quantity } from '../../validation/quantity.ts'
import { fieldsList, fieldsOf, textOf, type Fields } from '../../validation/values.ts'
import { amountsOf, count, type Amounts } from '../amounts.ts'
import { isPodLevel, podAmountsWithOverhead } from '../pod-amounts.ts'
import type { Evaluator } from './evaluator.ts'
import { isTerminating, podMatchesScope } from './scopes.ts'

const podNames = [
  'count/pods',
  'cpu',
  'ephemeral-storage',
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'memory',
  'pods',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]

/** What each container must say where it is limited: a mistake of old that other resources do not repeat. */
const mandatory = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory']

const isHuge = (name: string): boolean => name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')
/** `requests.example.com/gpu`: a resource of somebody else's. */
const isExtendedRequest = (name: string): boolean =>
  name.startsWith('requests.') &&
  name.includes('/') &&
  (!name.includes('kubernetes.io/') || name.startsWith('requests.deviceclass.resource.kubernetes.io/'))

/** How pods count: what they ask for and may use, as long as they have not ended. */
export const podEvaluator: Evaluator = {
  resources: (names) => names.filter((name) => podNames.includes(name) || isHuge(name) || isExtendedRequest(name)),
  usage(object, now) {
    const usage = new Map<string, Quantity>([['count/pods', count(1)]])
    if (!isCharged(object, now)) return usage
    const spec = fieldsOf(object['spec'])
    const computed = computeUsage(podAmountsWithOverhead(spec, 'requests'), podAmountsWithOverhead(spec, 'limits'))
    for (const [name, quantity] of computed) usage.set(name, quantity)
    return usage
  },
  matchesScope: (requirement, object) => podMatchesScope(requirement, fieldsOf(object['spec'])),
  missing(required, object) {
    const spec = fieldsOf(object['spec'])
    if (isPodLevel(spec)) return undefined
    const wanted = mandatory.filter((name) => required.includes(name))
    const containers = [...fieldsList(spec['containers']), ...fieldsList(spec['initContainers'])]
    const texts = wanted.flatMap((name) => {
      const without = containers.filter((container) => !usageOfContainer(container).has(name))
      const names = [...new Set(without.map((container) => textOf(container['name'])))].sort()
      return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`]
    })
    return texts.length === 0 ? undefined : `must specify ${texts.join('; ')}`
  },
  concerns(operation, subresource, next, previous) {
    if (subresource === 'resize') return operation === 'UPDATE'
    if (subresource !== undefined) return false
    if (operation === 'CREATE') return true
    return (
      operation === 'UPDATE' &&
      previous !== undefined &&
      isTerminating(fieldsOf(next['spec'])) !== isTerminating(fieldsOf(previous['spec']))
    )
  },
}

function usageOfContainer(container: Fields): Amounts {
  const { requests, limits } = fieldsOf(container['resources'])
  return computeUsage(amountsOf(requests), amountsOf(limits))
}

/** Requests and limits by the names of quotas. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map<string, Quantity>([['pods', count(1)]])
  for (const [name, quantity] of requests) {
    const standard = name === 'cpu' || name === 'memory' || name === 'ephemeral-storage'
    if (standard || isHuge(name)) usage.set(name, quantity)
    if (standard || isHuge(name) || isExtendedRequest(`requests.${name}`)) usage.set(`requests.${name}`, quantity)
  }
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const limit = limits.get(name)
    if (limit) usage.set(`limits.${name}`, limit)
  }
  return usage
}

/** Whether a pod still counts: it has not ended, and its time to end is not over. */
function isCharged(pod: KubeObject, now: number): boolean {
  const phase = fieldsOf(pod['status'])['phase']
  if (phase === 'Failed' || phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}
