import type { ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'

interface Bootstrapped {
  readonly ref: ResourceRef
  readonly object: KubeObject
}

/** The Service by which pods reach the API, where a cluster always has it: the first address of its range. */
function apiService(port: number): Bootstrapped {
  return {
    ref: { group: '', version: 'v1', resource: 'services', namespace: 'default' },
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.0.0.1',
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      },
    },
  }
}

const flowControl = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' }
const everybody = ['system:authenticated', 'system:unauthenticated'].map((name) => ({ kind: 'Group', group: { name } }))
const everything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}

/** The schema of fair queueing that takes what no other takes, and its level. */
const catchAll: readonly Bootstrapped[] = [
  {
    ref: { ...flowControl, resource: 'prioritylevelconfigurations' },
    object: {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'PriorityLevelConfiguration',
      metadata: { name: 'catch-all' },
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
      },
    },
  },
  {
    ref: { ...flowControl, resource: 'flowschemas' },
    object: {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name: 'catch-all' },
      spec: {
        priorityLevelConfiguration: { name: 'catch-all' },
        matchingPrecedence: 10000,
        distinguisherMethod: { type: 'ByUser' },
        rules: [{ subjects: everybody, ...everything }],
      },
    },
  },
]

/** What an API server makes for itself when it starts, beside namespaces, roles and priorities. */
export const bootstrapObjects = (port: number): readonly Bootstrapped[] => [apiService(port), ...catchAll]
