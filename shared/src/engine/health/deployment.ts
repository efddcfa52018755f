import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { at, conditions, int, optionalInt } from './fields.ts'
import { verdict } from './verdict.ts'

/** apps/v1 Deployment, after `kubectl rollout status`. */
export function deploymentHealth(object: KubeObject): HealthStatus {
  const wanted = optionalInt(object, 'spec', 'replicas')
  if (at(object, 'spec', 'paused') === true) return verdict('Suspended', 'Deployment is paused')
  if (int(object, 'metadata', 'generation') > int(object, 'status', 'observedGeneration')) {
    return waiting('observed deployment generation less than desired generation')
  }
  const progress = conditions(object).find((condition) => condition.type === 'Progressing')
  if (progress?.reason === 'ProgressDeadlineExceeded') {
    return verdict('Degraded', `Deployment "${object.metadata.name ?? ''}" exceeded its progress deadline`)
  }
  const replicas = int(object, 'status', 'replicas')
  const updated = int(object, 'status', 'updatedReplicas')
  const available = int(object, 'status', 'availableReplicas')
  if (wanted !== undefined && updated < wanted) {
    return waiting(`${updated} out of ${wanted} new replicas have been updated...`)
  }
  if (replicas > updated) return waiting(`${replicas - updated} old replicas are pending termination...`)
  if (available < updated) return waiting(`${available} of ${updated} updated replicas are available...`)
  return verdict('Healthy')
}

function waiting(why: string): HealthStatus {
  return verdict('Progressing', `Waiting for rollout to finish: ${why}`)
}
