import type { HealthStatus, HealthStatusCode } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt } from './rules.ts'
import { isLess, need, needList, numeric } from './strict.ts'

const waiting = (what: string): HealthStatus => verdict('Progressing', what)

/** A Rollout of Argo Rollouts: what its controller says, else what its numbers say. */
export function rolloutHealth(object: KubeObject): HealthStatus {
  if (!isObserved(object)) return waiting('Waiting for rollout spec update to be observed')
  const phase = at(object, 'status', 'phase')
  if (phase !== undefined) {
    const status = phase === 'Paused' ? 'Suspended' : (asText(phase) as HealthStatusCode)
    return codes.has(status)
      ? verdict(status, text(object, 'status', 'message'))
      : verdict('Unknown', 'Lua returned an invalid health status')
  }
  needList(100, at(object, 'status', 'conditions'))
  return failure(object) ?? pause(object) ?? progress(object) ?? verdict('Healthy')
}

const codes = new Set<string>(['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'])

/** Its own generation, and that of the workload it points at. */
function isObserved(object: KubeObject): boolean {
  if (at(object, 'status') === undefined) return false
  const observed = numeric(at(object, 'status', 'observedGeneration'))
  const { generation } = object.metadata
  // Old controllers write a hash, which may look like any number.
  if (observed !== undefined && !isLess(62, generation, observed) && observed !== generation) return false
  if (need(72, at(object, 'spec'), 'workloadRef') === undefined || !object.metadata.annotations) return true
  const wanted = object.metadata.annotations['rollout.argoproj.io/workload-generation']
  return numeric(wanted) === numeric(at(object, 'status', 'workloadObservedGeneration'))
}

function failure(object: KubeObject): HealthStatus | undefined {
  const found = conditionsAt(object).find(
    ({ type, reason }) =>
      type === 'InvalidSpec' ||
      (type === 'Progressing' && (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded')),
  )
  return found && verdict('Degraded', asText(found['message']))
}

function pause(object: KubeObject): HealthStatus | undefined {
  const paused = list(object, 'status', 'pauseConditions').length > 0 || at(object, 'spec', 'paused') === true
  return paused ? verdict('Suspended', 'Rollout is paused') : undefined
}

function progress(object: KubeObject): HealthStatus | undefined {
  const hash = at(object, 'status', 'currentPodHash')
  if (hash === undefined) return waiting('Waiting for rollout to finish: status has not been reconciled.')
  const count = (name: string): number => Number(at(object, 'status', name) ?? 0)
  const updated = count('updatedReplicas')
  if (updated < Number(at(object, 'spec', 'replicas') ?? 1)) {
    return waiting('Waiting for roll out to finish: More replicas need to be updated')
  }
  if (count('availableReplicas') < updated) {
    return waiting('Waiting for roll out to finish: updated replicas are still becoming available')
  }
  const stable = asText(at(object, 'status', 'stableRS') ?? at(object, 'status', 'canary', 'stableRS'))
  if (need(137, at(object, 'spec', 'strategy'), 'blueGreen') !== undefined) {
    if (at(object, 'status', 'blueGreen', 'activeSelector') !== hash) return waiting('active service cutover pending')
    if (stable !== '' && stable !== hash) return waiting('waiting for analysis to complete')
  } else if (at(object, 'spec', 'strategy', 'canary') !== undefined) {
    if (count('replicas') > updated) {
      return waiting('Waiting for roll out to finish: old replicas are pending termination')
    }
    if (stable === '' || stable !== hash) return waiting('Waiting for rollout to finish steps')
  }
  return undefined
}
