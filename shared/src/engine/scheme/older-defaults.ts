import { childOf, fieldsList, fieldsOf, isFields, setDefault, type Fields } from '../../apiserver/validation/values.ts'
import * as workloads from '../../apiserver/kinds/workload-defaults.ts'

/** What clients filled in of kinds in versions that no server has any more, though manifests still name them. */

/** The last number of 32 bits: no limit at all. */
const unlimited = 2147483647

/** Deployments of `apps/v1beta1` kept two revisions. */
export function defaultFirstDeployment(object: Fields): void {
  takeLabels(object)
  childOf(object, 'spec')['revisionHistoryLimit'] ??= 2
  workloads.defaultDeployment(object)
}

/** Deployments of `extensions/v1beta1` were replaced one by one, and kept all revisions. */
export function defaultExtensionsDeployment(object: Fields): void {
  takeLabels(object)
  const spec = childOf(object, 'spec')
  const strategy = childOf(spec, 'strategy')
  setDefault(strategy, 'type', 'RollingUpdate')
  if (strategy['type'] === 'RollingUpdate' || isFields(strategy['rollingUpdate'])) {
    const rolling = childOf(strategy, 'rollingUpdate')
    rolling['maxUnavailable'] ??= 1
    rolling['maxSurge'] ??= 1
  }
  spec['progressDeadlineSeconds'] ??= unlimited
  spec['revisionHistoryLimit'] ??= unlimited
  workloads.defaultDeployment(object)
}

/** DaemonSets of `extensions/v1beta1` waited for somebody to delete their Pods. */
export function defaultExtensionsDaemonSet(object: Fields): void {
  takeLabels(object)
  setDefault(childOf(childOf(object, 'spec'), 'updateStrategy'), 'type', 'OnDelete')
  workloads.defaultDaemonSet(object)
}

export function defaultExtensionsReplicaSet(object: Fields): void {
  takeLabels(object)
  workloads.defaultReplicaSet(object)
}

/** StatefulSets of `apps/v1beta1`, too. */
export function defaultFirstStatefulSet(object: Fields): void {
  takeLabels(object)
  setDefault(childOf(childOf(object, 'spec'), 'updateStrategy'), 'type', 'OnDelete')
  workloads.defaultStatefulSet(object)
}

/** Paths of an Ingress without a type are what its class makes of them. */
export function defaultFirstIngress(object: Fields): void {
  for (const rule of fieldsList(fieldsOf(object['spec'])['rules'])) {
    for (const path of fieldsList(fieldsOf(rule['http'])['paths'])) path['pathType'] ??= 'ImplementationSpecific'
  }
}

/** Selector and labels come from the template where they are not said. */
function takeLabels(object: Fields): void {
  const spec = childOf(object, 'spec')
  const labels = fieldsOf(fieldsOf(spec['template'])['metadata'])['labels']
  if (!isFields(labels)) return
  if (!isFields(spec['selector'])) spec['selector'] = { matchLabels: { ...labels } }
  const metadata = childOf(object, 'metadata')
  if (Object.keys(fieldsOf(metadata['labels'])).length === 0) metadata['labels'] = { ...labels }
}
