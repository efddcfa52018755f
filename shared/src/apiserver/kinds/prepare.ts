import { labelValue } from '../validation/names.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { WriteContext } from '../strategy.ts'
import { qosClass } from '../validation/resources.ts'
import {
  childOf,
  fieldsList,
  fieldsOf,
  isFields,
  listOf,
  sameValue,
  textOf,
  type Fields,
} from '../validation/values.ts'

/** Pod: its initial status. */
export function preparePod(pod: KubeObject, previous: KubeObject | undefined, context: WriteContext): void {
  if (previous !== undefined) return
  const spec = childOf(pod, 'spec')
  const grace = spec['terminationGracePeriodSeconds']
  if (typeof grace === 'number' && grace < 0) spec['terminationGracePeriodSeconds'] = 1
  const all = [...fieldsList(spec['initContainers']), ...fieldsList(spec['containers'])]
  const gated = fieldsList(spec['schedulingGates']).length > 0
  pod['status'] = {
    phase: 'Pending',
    ...(gated ? { conditions: [{ ...gatedCondition, lastTransitionTime: context.now }] } : {}),
    qosClass: qosClass(all),
  }
}

const gatedCondition = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
}

/** Job: labels by which it finds its pods, unless it brings its own selector. */
export function prepareJob(job: KubeObject, previous: KubeObject | undefined): void {
  const spec = childOf(job, 'spec')
  if (previous !== undefined || spec['manualSelector'] === true) return
  const uid = textOf(job.metadata.uid)
  const name = textOf(job.metadata.name)
  const labels = childOf(childOf(childOf(spec, 'template'), 'metadata'), 'labels')
  // What is said already stays; where it is wrong, the job is refused.
  for (const key of ['batch.kubernetes.io/controller-uid', 'controller-uid']) labels[key] ??= uid
  for (const key of ['batch.kubernetes.io/job-name', 'job-name']) labels[key] ??= name
  childOf(childOf(spec, 'selector'), 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid
  // Copied when it is read anew, so that complaints of the name are heard of the template alone.
  if (Object.keys(fieldsOf(job.metadata.labels)).length === 0 && labelValue(name).length === 0)
    job.metadata.labels = { ...labels } as Record<string, string>
}

/** Namespace: its name as a label, its finalizer and its phase. */
export function prepareNamespace(namespace: KubeObject, previous: KubeObject | undefined): void {
  labelNamespace(namespace)
  if (previous !== undefined) {
    // Finalizers change through the subresource alone.
    namespace['spec'] = structuredClone(previous['spec'] ?? {})
    return
  }
  const spec = childOf(namespace, 'spec')
  const finalizers = listOf(spec['finalizers'])
  if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes']
  namespace['status'] = { phase: 'Active' }
}

/** The label by which selectors find a namespace by name. */
export function labelNamespace(namespace: KubeObject): void {
  const name = namespace.metadata.name
  if (name === undefined || name === '') return
  namespace.metadata.labels = { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': name }
}

/** PersistentVolume: pending since now; a new phase begins when its status says so. */
export function prepareVolume(volume: KubeObject, previous: KubeObject | undefined, context: WriteContext): void {
  if (previous === undefined) {
    volume['status'] = { phase: 'Pending', lastPhaseTransitionTime: context.now }
    return
  }
  const status = fieldsOf(volume['status'])
  const before = fieldsOf(previous['status'])
  if (status['phase'] !== before['phase']) status['lastPhaseTransitionTime'] = context.now
}

/** PersistentVolumeClaim: pending. */
export function prepareClaim(claim: KubeObject, previous: KubeObject | undefined): void {
  if (previous === undefined) claim['status'] = { phase: 'Pending' }
}

const generationKey = 'deprecated.daemonset.template.generation'

/** DaemonSet: counts the changes of its template in an annotation. */
export function prepareDaemonSet(set: KubeObject, previous: KubeObject | undefined): void {
  const before = Number(previous?.metadata.annotations?.[generationKey] ?? '0')
  const changed =
    previous === undefined || !sameValue(fieldsOf(set['spec'])['template'], fieldsOf(previous['spec'])['template'])
  set.metadata.annotations = { ...set.metadata.annotations, [generationKey]: String(changed ? before + 1 : before) }
}

/** A kind whose status the server fills on creation and clients never do there. */
export function clearStatus(status: Fields): (object: KubeObject, previous: KubeObject | undefined) => void {
  return (object, previous) => {
    if (previous === undefined) object['status'] = structuredClone(status)
    else if (!isFields(object['status'])) object['status'] = structuredClone(previous['status'] ?? status)
  }
}

/** Lists that are always written: kept without items, they come back as null. */
export function nullWhenEmpty(...paths: readonly string[]): (object: KubeObject) => void {
  return (object) => {
    for (const path of paths) {
      const names = path.split('.')
      const parent = names.slice(0, -1).reduce<Fields>((value, name) => fieldsOf(value[name]), object)
      const last = names.at(-1) ?? ''
      if (Array.isArray(parent[last]) && listOf(parent[last]).length === 0) parent[last] = null
    }
  }
}
