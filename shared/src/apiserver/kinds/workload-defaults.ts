import { childOf, fieldsList, fieldsOf, isFields, isSet, setDefault, type Fields } from '../validation/values.ts'
import { defaultClaimSpec, defaultPodTemplate } from './pod-defaults.ts'

/** Deployment: rolling update by a quarter. */
export function defaultDeployment(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['replicas'] ??= 1
  defaultPodTemplate(childOf(spec, 'template'))
  const strategy = childOf(spec, 'strategy')
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = childOf(strategy, 'rollingUpdate')
    rolling['maxUnavailable'] ??= '25%'
    rolling['maxSurge'] ??= '25%'
  }
  spec['revisionHistoryLimit'] ??= 10
  spec['progressDeadlineSeconds'] ??= 600
  childOf(object, 'status')
}

/** ReplicaSet: one replica. */
export function defaultReplicaSet(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['replicas'] ??= 1
  defaultPodTemplate(childOf(spec, 'template'))
  childOf(object, 'status')['replicas'] ??= 0
}

/** ReplicationController: selector and labels come from the template. */
export function defaultReplicationController(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['replicas'] ??= 1
  if (isFields(spec['template'])) {
    defaultPodTemplate(spec['template'])
    const labels = fieldsOf(fieldsOf(spec['template']['metadata'])['labels'])
    if (Object.keys(labels).length > 0) {
      if (Object.keys(fieldsOf(spec['selector'])).length === 0) spec['selector'] = { ...labels }
      const metadata = childOf(object, 'metadata')
      if (Object.keys(fieldsOf(metadata['labels'])).length === 0) metadata['labels'] = { ...labels }
    }
  }
  childOf(object, 'status')['replicas'] ??= 0
}

/** StatefulSet: ordered, rolling, keeps its claims. */
export function defaultStatefulSet(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['replicas'] ??= 1
  defaultPodTemplate(childOf(spec, 'template'))
  setDefault(spec, 'podManagementPolicy', 'OrderedReady')
  const strategy = childOf(spec, 'updateStrategy')
  if (!isSet(strategy['type'])) {
    strategy['type'] = 'RollingUpdate'
    childOf(strategy, 'rollingUpdate')
  }
  if (strategy['type'] === 'RollingUpdate' && isFields(strategy['rollingUpdate'])) {
    strategy['rollingUpdate']['partition'] ??= 0
  }
  const retention = childOf(spec, 'persistentVolumeClaimRetentionPolicy')
  setDefault(retention, 'whenDeleted', 'Retain')
  setDefault(retention, 'whenScaled', 'Retain')
  spec['revisionHistoryLimit'] ??= 10
  for (const claim of fieldsList(spec['volumeClaimTemplates'])) {
    setDefault(claim, 'kind', 'PersistentVolumeClaim')
    setDefault(claim, 'apiVersion', 'v1')
    if (!isFields(claim['metadata'])) claim['metadata'] = {}
    defaultClaimSpec(childOf(claim, 'spec'))
    setDefault(childOf(claim, 'status'), 'phase', 'Pending')
  }
  const status = childOf(object, 'status')
  status['replicas'] ??= 0
  status['availableReplicas'] ??= 0
}

/** DaemonSet: one at a time; the count of its templates is an annotation. */
export function defaultDaemonSet(object: Fields): void {
  setDefault(childOf(childOf(object, 'metadata'), 'annotations'), 'deprecated.daemonset.template.generation', '0')
  const spec = childOf(object, 'spec')
  defaultPodTemplate(childOf(spec, 'template'))
  const strategy = childOf(spec, 'updateStrategy')
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = childOf(strategy, 'rollingUpdate')
    rolling['maxUnavailable'] ??= 1
    rolling['maxSurge'] ??= 0
  }
  spec['revisionHistoryLimit'] ??= 10
  const status = childOf(object, 'status')
  for (const count of ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady']) {
    status[count] ??= 0
  }
}

/** Job: one completion, six retries, and the labels of its template where it has none. */
export function defaultJob(object: Fields): void {
  defaultJobSpec(childOf(object, 'spec'))
  const labels = fieldsOf(fieldsOf(fieldsOf(fieldsOf(object['spec'])['template'])['metadata'])['labels'])
  const metadata = childOf(object, 'metadata')
  if (Object.keys(labels).length > 0 && Object.keys(fieldsOf(metadata['labels'])).length === 0)
    // The very same map: labels that the server adds to the template show on the Job too, as they would not on its own.
    metadata['labels'] = labels
  childOf(object, 'status')
}

function defaultJobSpec(spec: Fields): void {
  defaultPodTemplate(childOf(spec, 'template'))
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) {
    spec['completions'] = 1
    spec['parallelism'] = 1
  }
  spec['parallelism'] ??= 1
  spec['backoffLimit'] ??= isSet(spec['backoffLimitPerIndex']) ? 2147483647 : 6
  spec['completionMode'] ??= 'NonIndexed'
  spec['suspend'] ??= false
  spec['manualSelector'] ??= false
  spec['podReplacementPolicy'] ??= isFields(spec['podFailurePolicy']) ? 'Failed' : 'TerminatingOrFailed'
  for (const rule of fieldsList(fieldsOf(spec['podFailurePolicy'])['rules'])) {
    for (const pattern of fieldsList(rule['onPodConditions'])) setDefault(pattern, 'status', 'True')
  }
}

/** CronJob: three good and one failed Job are kept; the Job itself is defaulted when it is made. */
export function defaultCronJob(object: Fields): void {
  const spec = childOf(object, 'spec')
  setDefault(spec, 'concurrencyPolicy', 'Allow')
  spec['suspend'] ??= false
  spec['successfulJobsHistoryLimit'] ??= 3
  spec['failedJobsHistoryLimit'] ??= 1
  const template = childOf(spec, 'jobTemplate')
  if (!isFields(template['metadata'])) template['metadata'] = {}
  defaultPodTemplate(childOf(childOf(template, 'spec'), 'template'))
  childOf(object, 'status')
}

/** PodTemplate. */
export function defaultPodTemplateObject(object: Fields): void {
  defaultPodTemplate(childOf(object, 'template'))
}
