import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, list } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { isAtMost, isLess, join, minus, need, needAt } from './strict.ts'

const starting = verdict('Progressing', 'Waiting for initialization')

/** The status of an object whose controller has seen its newest form. */
function observed(object: KubeObject): unknown {
  const status = at(object, 'status') ?? undefined
  return status !== undefined && object.metadata.generation === at(status, 'observedGeneration') ? status : undefined
}

/** A rollout that a partition holds back, once there is something to roll out. */
function isPartitioned(partition: unknown, generation: number | undefined): boolean {
  return partition !== 0 && isLess(11, 1, generation)
}

const cloneSet: CustomRule = (object) => {
  const status = observed(object)
  if (status === undefined) return starting
  const strategy = needAt(7, object, 'spec', 'updateStrategy')
  const updated = at(status, 'updatedAvailableReplicas')
  if (need(7, strategy, 'paused') === true || updated === undefined) return verdict('Suspended', 'Cloneset is paused')
  if (isPartitioned(at(strategy, 'partition'), object.metadata.generation)) {
    return isAtMost(12, at(status, 'expectedUpdatedReplicas'), at(status, 'updatedReplicas'))
      ? verdict('Suspended', 'Cloneset needs manual intervention')
      : starting
  }
  return updated === at(status, 'replicas')
    ? verdict('Healthy', 'All Cloneset workloads are ready and updated')
    : verdict('Degraded', 'Some replicas are not ready or available')
}

const statefulSet: CustomRule = (object) => {
  const status = observed(object)
  if (status === undefined) return starting
  const rolling = needAt(7, object, 'spec', 'updateStrategy', 'rollingUpdate')
  const updated = at(status, 'updatedAvailableReplicas')
  if (need(7, rolling, 'paused') === true || updated === undefined) return verdict('Suspended', 'Statefulset is paused')
  if (isPartitioned(at(rolling, 'partition'), object.metadata.generation)) {
    return isLess(12, minus(12, at(status, 'replicas'), at(rolling, 'partition')), at(status, 'updatedReplicas'))
      ? verdict('Suspended', 'Statefulset needs manual intervention')
      : starting
  }
  return updated === at(status, 'replicas')
    ? verdict('Healthy', 'All Statefulset workloads are ready and updated')
    : verdict('Degraded', 'Some replicas are not ready or available')
}

const daemonSet: CustomRule = (object) => {
  const status = observed(object)
  if (status === undefined) return starting
  const rolling = needAt(7, object, 'spec', 'updateStrategy', 'rollingUpdate')
  const updated = at(status, 'updatedNumberScheduled')
  if (need(7, rolling, 'paused') === true || updated === undefined) return verdict('Suspended', 'Daemonset is paused')
  const wanted = at(status, 'desiredNumberScheduled')
  const partition = at(rolling, 'partition')
  if (partition !== undefined && isPartitioned(partition, object.metadata.generation)) {
    return isLess(12, minus(12, wanted, partition), updated)
      ? verdict('Suspended', 'Daemonset needs manual intervention')
      : starting
  }
  if (updated !== wanted) return starting
  if (at(status, 'numberAvailable') === wanted)
    return verdict('Healthy', 'All Daemonset workloads are ready and updated')
  return at(status, 'numberUnavailable') === wanted
    ? verdict('Degraded', 'Some pods are not ready or available')
    : starting
}

const advancedCronJob: CustomRule = (object) => {
  const scheduled = need(5, at(object, 'status'), 'lastScheduleTime')
  if (scheduled === undefined && need(11, at(object, 'spec'), 'paused') === true)
    return verdict('Suspended', 'AdvancedCronJob is Paused')
  if (list(object, 'status', 'active').length > 0) return verdict('Progressing', 'AdvancedCronJobs has active jobs')
  return scheduled === undefined
    ? verdict('Degraded', 'AdvancedCronJobs has not run successfully')
    : verdict('Healthy', 'AdvancedCronJobs has run successfully')
}

const broadcastJob: CustomRule = (object) => {
  const running = verdict('Progressing', 'BroadcastJob is still running')
  const status = at(object, 'status')
  if (status === undefined || status === null) return running
  const phase = at(status, 'phase')
  if (at(status, 'desired') === at(status, 'succeeded') && phase === 'completed')
    return verdict('Healthy', 'BroadcastJob is completed successfully')
  if (at(status, 'failed') !== 0 && phase === 'failed') return verdict('Degraded', 'BroadcastJob failed')
  if (phase === 'paused' && need(24, at(object, 'spec'), 'paused') === true)
    return verdict('Suspended', 'BroadcastJob is Paused')
  return running
}

const rollout: CustomRule = (object) => {
  const progressing = verdict('Progressing', 'Rollout is still progressing')
  const observedGeneration = need(3, at(object, 'status'), 'observedGeneration')
  if (object.metadata.generation !== observedGeneration) return progressing
  const step = need(5, at(object, 'status', 'canaryStatus'), 'currentStepState')
  const phase = at(object, 'status', 'phase')
  if (step === 'StepPaused' && phase === 'Progressing')
    return verdict('Suspended', 'Rollout is Paused need manual intervention')
  if (step === 'Completed' && phase === 'Healthy') return verdict('Healthy', 'Rollout is Completed')
  if (step === 'StepPaused' && (phase === 'Terminating' || phase === 'Disabled'))
    return verdict('Degraded', 'Rollout is Disabled or Terminating')
  return progressing
}

const gameServer: CustomRule = (object) => {
  const status = at(object, 'status') ?? undefined
  const waiting = verdict('Unknown', 'Waiting for GameServer to be ready')
  if (status === undefined) return waiting
  const [current, wanted] = [at(status, 'currentState'), at(status, 'desiredState')]
  if (current !== wanted) {
    return verdict('Progressing', `State change: ${asText(current ?? 'Unknown')} → ${asText(wanted ?? 'Unknown')}`)
  }
  const unready = conditionsAt(status, ['podStatus', 'conditions']).some(
    (one) => one['type'] === 'KruisePodReady' && one['status'] !== 'True',
  )
  if (unready) return verdict('Degraded', 'Pod is not ready: KruisePodReady')
  return current === 'Ready' ? verdict('Healthy', 'GameServer is Ready') : waiting
}

function gameServerSet(object: KubeObject): HealthStatus {
  const waiting = verdict('Progressing', 'Waiting for GameServerSet initialization')
  const status = observed(object)
  if (status === undefined) return waiting
  const rolling = at(need(4, at(object, 'spec'), 'updateStrategy'), 'rollingUpdate')
  if (at(rolling, 'paused') === true) return verdict('Suspended', 'GameServerSet is paused')
  const partition = at(rolling, 'partition') ?? 0
  const count = (field: string): unknown => at(status, field) ?? 0
  if (partition !== 0 && isAtMost(15, minus(15, count('replicas'), partition), count('updatedReplicas'))) {
    return verdict('Suspended', join(17, 'Partition=', partition, ', waiting for manual intervention'))
  }
  if (count('updatedReadyReplicas') === count('replicas'))
    return verdict('Healthy', 'All GameServerSet replicas are updated and ready')
  return isLess(29, count('readyReplicas'), count('replicas'))
    ? verdict(
        'Progressing',
        join(32, 'ReadyReplicas ', count('readyReplicas'), '/', count('replicas'), ', still progressing'),
      )
    : waiting
}

/** OpenKruise: workloads, games and rollouts. */
export const kruiseRules: RuleTable = {
  'apps.kruise.io/AdvancedCronJob': advancedCronJob,
  'apps.kruise.io/BroadcastJob': broadcastJob,
  'apps.kruise.io/CloneSet': cloneSet,
  'apps.kruise.io/DaemonSet': daemonSet,
  'apps.kruise.io/StatefulSet': statefulSet,
  'game.kruise.io/GameServer': gameServer,
  'game.kruise.io/GameServerSet': gameServerSet,
  'rollouts.kruise.io/Rollout': rollout,
}
