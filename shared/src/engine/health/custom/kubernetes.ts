import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { isLess, join, need, needing } from './strict.ts'

const cronJob: CustomRule = (object) => {
  if (at(object, 'spec', 'suspend') === true) return verdict('Healthy', 'CronJob is Suspended')
  if (at(object, 'status') === undefined) return verdict('Progressing', 'Waiting for CronJob')
  const scheduled = at(object, 'status', 'lastScheduleTime')
  const succeeded = at(object, 'status', 'lastSuccessfulTime')
  if (scheduled === undefined) return verdict('Healthy', 'CronJob has not been scheduled yet')
  if (succeeded === undefined)
    return verdict('Healthy', 'The CronJob never completed successfully. It may not be healthy')
  // A job that runs may still succeed, so nothing is said against it.
  if (list(object, 'status', 'active').length > 0)
    return verdict('Healthy', 'The job is running. Its last execution may not have been successful')
  return isLess(35, succeeded, scheduled)
    ? verdict('Degraded', 'CronJob has not completed its last execution successfully')
    : verdict('Healthy', 'CronJob has completed its last execution successfully')
}

const definition: CustomRule = (object) => {
  need(10, at(object, 'status'), 'conditions')
  const all = conditionsAt(object)
  if (all.length === 0) return verdict('Progressing', 'Status conditions not found')
  for (const { type, status, reason, message } of all) {
    if (type === 'Terminating' && status === 'True')
      return verdict('Progressing', join(30, 'CRD is terminating: ', message))
    if (type === 'NamesAccepted' && status === 'False')
      return verdict('Degraded', join(37, 'CRD names have not been accepted: ', message))
    if (type === 'NonStructuralSchema' && status === 'True')
      return verdict('Degraded', join(44, 'Schema violations found: ', message))
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

/** What is broken decides, else the last condition; too few pods may be what is wanted. */
const disruptionBudget: CustomRule = (object) => {
  let found = verdict('Progressing', 'Waiting for status')
  for (const { status, reason } of conditionsAt(object)) {
    const broken = status === 'False' && reason !== 'InsufficientPods'
    found = verdict(broken ? 'Degraded' : 'Healthy', join(broken ? 14 : 18, 'PodDisruptionBudget has ', reason))
    if (broken) break
  }
  return found
}

/** Kinds of Kubernetes itself that have no verdict in its own tools. */
export const kubernetesRules: RuleTable = {
  'batch/CronJob': needing(3, ['spec', 'suspend'], cronJob),
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
  'policy/PodDisruptionBudget': disruptionBudget,
  'snapshot.storage.k8s.io/VolumeSnapshot': snapshot,
  'snapshot.storage.k8s.io/VolumeSnapshotContent': snapshot,
}
