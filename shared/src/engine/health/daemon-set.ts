import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { int, text } from './fields.ts'
import { verdict } from './verdict.ts'

/** apps/v1 DaemonSet, after `kubectl rollout status`. */
export function daemonSetHealth(object: KubeObject): HealthStatus {
  if (int(object, 'metadata', 'generation') > int(object, 'status', 'observedGeneration')) {
    const why = 'observed daemon set generation less than desired generation'
    return verdict('Progressing', `Waiting for rollout to finish: ${why}`)
  }
  const desired = int(object, 'status', 'desiredNumberScheduled')
  const updated = int(object, 'status', 'updatedNumberScheduled')
  const available = int(object, 'status', 'numberAvailable')
  if (text(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') {
    return verdict('Healthy', `daemon set ${updated} out of ${desired} new pods have been updated`)
  }
  const waiting = `Waiting for daemon set "${object.metadata.name ?? ''}" rollout to finish:`
  if (updated < desired) {
    return verdict('Progressing', `${waiting} ${updated} out of ${desired} new pods have been updated...`)
  }
  if (available < desired) {
    return verdict('Progressing', `${waiting} ${available} of ${desired} updated pods are available...`)
  }
  return verdict('Healthy')
}
