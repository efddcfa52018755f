import type { KubeObject } from '@flotilla/shared/k8s/object'

export const priorityClasses = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' }

const priority = (name: string, value: number, description: string): KubeObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  description,
  preemptionPolicy: 'PreemptLowerPriority',
})

/** The priority classes that every cluster has. */
export const systemPriorities: readonly KubeObject[] = [
  priority(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priority(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]
