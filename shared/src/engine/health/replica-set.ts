import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { conditions, int, optionalInt } from './fields.ts'
import { verdict } from './verdict.ts'

/** apps/v1 ReplicaSet. */
export function replicaSetHealth(object: KubeObject): HealthStatus {
  const wanted = optionalInt(object, 'spec', 'replicas')
  if (int(object, 'metadata', 'generation') > int(object, 'status', 'observedGeneration')) {
    const why = 'observed replica set generation less than desired generation'
    return verdict('Progressing', `Waiting for rollout to finish: ${why}`)
  }
  const failure = conditions(object).find((condition) => condition.type === 'ReplicaFailure')
  if (failure?.status === 'True') return verdict('Degraded', failure.message)
  const available = int(object, 'status', 'availableReplicas')
  if (wanted !== undefined && available < wanted) {
    const progress = `${available} out of ${wanted} new replicas are available...`
    return verdict('Progressing', `Waiting for rollout to finish: ${progress}`)
  }
  return verdict('Healthy')
}
