import { resourceName } from '../resource.ts'
import { childOf, fieldsOf, isSet, listOf, type Fields } from '../validation/values.ts'
import type { AdmissionPlugin } from './plugin.ts'

const troubles = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/** Lets pods stay five minutes on a node that fails, unless they say for themselves. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  resources: ['pods'],
  admit(request) {
    if (!request.object || request.subresource !== undefined || resourceName(request.resource) !== 'pods') return
    const spec = childOf(request.object, 'spec')
    const tolerations = listOf(spec['tolerations']).map(fieldsOf)
    const missing = troubles.filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)))
    if (missing.length === 0) return
    spec['tolerations'] = [
      ...tolerations,
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
    ]
  },
}

function tolerates(toleration: Fields, key: string): boolean {
  const keyFits = toleration['key'] === key || !isSet(toleration['key'])
  return keyFits && (!isSet(toleration['effect']) || toleration['effect'] === 'NoExecute')
}

const notReady = 'node.kubernetes.io/not-ready'

/** Keeps pods off a new node until it is ready. */
export const taintNodes: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  resources: ['nodes'],
  admit({ object, operation, subresource, resource }) {
    if (!object || operation !== 'CREATE' || subresource !== undefined || resourceName(resource) !== 'nodes') return
    const spec = childOf(object, 'spec')
    const taints = listOf(spec['taints'])
    if (taints.some((taint) => fieldsOf(taint)['key'] === notReady && fieldsOf(taint)['effect'] === 'NoSchedule'))
      return
    spec['taints'] = [...taints, { key: notReady, effect: 'NoSchedule' }]
  },
}
