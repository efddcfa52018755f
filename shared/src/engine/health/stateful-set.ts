import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { at, int, optionalInt, text } from './fields.ts'
import { verdict } from './verdict.ts'

/** apps/v1 StatefulSet, after `kubectl rollout status`. */
export function statefulSetHealth(object: KubeObject): HealthStatus {
  const wanted = optionalInt(object, 'spec', 'replicas')
  const observed = int(object, 'status', 'observedGeneration')
  if (observed === 0 || int(object, 'metadata', 'generation') > observed) {
    return verdict('Progressing', 'Waiting for statefulset spec update to be observed...')
  }
  const ready = int(object, 'status', 'readyReplicas')
  if (wanted !== undefined && ready < wanted) {
    return verdict('Progressing', `Waiting for ${wanted - ready} pods to be ready...`)
  }
  const updated = int(object, 'status', 'updatedReplicas')
  const strategy = text(object, 'spec', 'updateStrategy', 'type')
  const rolling = at(object, 'spec', 'updateStrategy', 'rollingUpdate')
  if (strategy === 'RollingUpdate' && rolling !== undefined && rolling !== null) {
    const partition = optionalInt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
    if (wanted !== undefined && partition !== undefined && updated < wanted - partition) {
      const progress = `${updated} out of ${wanted - partition} new pods have been updated...`
      return verdict('Progressing', `Waiting for partitioned roll out to finish: ${progress}`)
    }
    return verdict('Healthy', `partitioned roll out complete: ${updated} new pods have been updated...`)
  }
  if (strategy === 'OnDelete') return verdict('Healthy', `statefulset has ${ready} ready pods`)
  const current = text(object, 'status', 'currentRevision')
  const update = text(object, 'status', 'updateRevision')
  if (update !== current) {
    return verdict(
      'Progressing',
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${update}...`,
    )
  }
  const pods = int(object, 'status', 'currentReplicas')
  return verdict('Healthy', `statefulset rolling update complete ${pods} pods at revision ${current}...`)
}
