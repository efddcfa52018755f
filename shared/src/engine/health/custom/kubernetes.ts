import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'

const cronJob: CustomRule = (object) => {
  if (at(object, 'spec', 'suspend') === true) return verdict('Healthy', 'CronJob is Suspended')
  if (at(object, 'status') === undefined) return verdict('Progressing', 'Waiting for CronJob')
  const scheduled = text(object, 'status', 'lastScheduleTime')
  const succeeded = text(object, 'status', 'lastSuccessfulTime')
  if (scheduled === '') return verdict('Healthy', 'CronJob has not been scheduled yet')
  if (succeeded === '') return verdict('Healthy', 'The CronJob never completed successfully. It may not be healthy')
  // A job that runs may still succeed, so nothing is said against it.
  if (list(object, 'status', 'active').length > 0)
    return verdict('Healthy', 'The job is running. Its last execution may not have been successful')
  return succeeded < scheduled
    ? verdict('Degraded', 'CronJob has not completed its last execution successfully')
    : verdict('Healthy', 'CronJob has completed its last execution successfully')
}

const definition: CustomRule = (object) => {
  const all = conditionsAt(object)
  if (all.length === 0) return verdict('Progressing', 'Status conditions not found')
  for (const { type, status, reason, message } of all) {
    const words = asText(message)
    if (type === 'Terminating' && status === 'True') return verdict('Progressing', `CRD is terminating: ${words}`)
    if (type === 'NamesAccepted' && status === 'False') {
      return verdict('Degraded', `CRD names have not been accepted: ${words}`)
    }
    if (type === 'NonStructuralSchema' && status === 'True')
      return verdict('Degraded', `Schema violations found: ${words}`)
    if (type === 'Established' && status !== 'True' && reason === 'Installing') {
      return verdict('Progressing', 'CRD is being installed')
    }
  }
  return all.some((one) => one['type'] === 'Established' && one['status'] === 'True')
    ? verdict('Healthy', 'CRD is healthy')
    : verdict('Degraded', 'CRD is not established')
}

const snapshot: CustomRule = (object) => {
  if (at(object, 'status', 'readyToUse') === true) return verdict('Healthy', 'Ready to use')
  const error = at(object, 'status', 'error')
  if (error !== undefined) return verdict('Degraded', text(error, 'message'))
  return verdict('Progressing', 'Waiting for status')
}

const has = (one: Readonly<Record<string, unknown>>): string => `PodDisruptionBudget has ${asText(one['reason'])}`

/** Kinds of Kubernetes itself that have no verdict in its own tools. */
export const kubernetesRules: RuleTable = {
  'batch/CronJob': cronJob,
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
  'policy/PodDisruptionBudget': byConditions({
    passes: [
      [
        { status: 'False', reason: '!InsufficientPods', gives: 'Degraded', say: has },
        { gives: 'Healthy', say: has },
      ],
    ],
    waiting: 'Waiting for status',
  }),
  'snapshot.storage.k8s.io/VolumeSnapshot': snapshot,
  'snapshot.storage.k8s.io/VolumeSnapshotContent': snapshot,
}
