import type { KubeObject } from '../../k8s/object.ts'
import { forbidden } from '../errors.ts'
import { StatusError } from '../status-error.ts'
import type { WriteContext } from '../strategy.ts'
import { qosClass } from '../validation/resources.ts'
import {
  childOf,
  fieldsList,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  sameValue,
  textOf,
  type Fields,
} from '../validation/values.ts'

/** Pod: initial status, the priority of its class, tolerations for nodes that fail. */
export async function preparePod(
  pod: KubeObject,
  previous: KubeObject | undefined,
  context: WriteContext,
): Promise<void> {
  const spec = childOf(pod, 'spec')
  if (previous === undefined) {
    const all = [...fieldsList(spec['initContainers']), ...fieldsList(spec['containers'])]
    pod['status'] = { phase: 'Pending', qosClass: qosClass(all) }
    await preparePriority(pod, spec, context)
  }
  addTolerations(spec)
}

async function preparePriority(pod: KubeObject, spec: Fields, context: WriteContext): Promise<void> {
  const name = textOf(spec['priorityClassName'])
  const refuse = (why: string): StatusError => forbidden({ group: '', plural: 'pods' }, textOf(pod.metadata.name), why)
  const found = name === '' ? await defaultClass(context) : await classNamed(name, context)
  if (name !== '' && found === undefined) throw refuse(`no PriorityClass with name ${name} was found`)
  const value = typeof found?.['value'] === 'number' ? found['value'] : 0
  if (typeof spec['priority'] === 'number' && spec['priority'] !== value) {
    throw refuse(
      `the integer value of priority (${spec['priority']}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  spec['priority'] = value
  if (name === '' && found !== undefined) spec['priorityClassName'] = found.metadata.name
  spec['preemptionPolicy'] ??= found?.['preemptionPolicy'] ?? 'PreemptLowerPriority'
}

const classes = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' }

async function classNamed(name: string, context: WriteContext): Promise<KubeObject | undefined> {
  try {
    return await context.objects.get({ ...classes, name })
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined
    throw error
  }
}

async function defaultClass(context: WriteContext): Promise<KubeObject | undefined> {
  const { items } = await context.objects.list(classes)
  return items.find((item) => item['globalDefault'] === true)
}

const nodeTroubles = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

function addTolerations(spec: Fields): void {
  const tolerations = [...listOf(spec['tolerations'])]
  const tolerates = (key: string): boolean =>
    tolerations.some((item) => {
      const toleration = fieldsOf(item)
      const keyFits = toleration['key'] === key || !isSet(toleration['key'])
      const effectFits = !isSet(toleration['effect']) || toleration['effect'] === 'NoExecute'
      return keyFits && effectFits
    })
  const missing = nodeTroubles.filter((key) => !tolerates(key))
  for (const key of missing) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  if (missing.length > 0) spec['tolerations'] = tolerations
}

/** Job: labels by which it finds its pods, unless it brings its own selector. */
export function prepareJob(job: KubeObject, previous: KubeObject | undefined): void {
  const spec = childOf(job, 'spec')
  if (previous !== undefined || spec['manualSelector'] === true) return
  const uid = textOf(job.metadata.uid)
  const name = textOf(job.metadata.name)
  const labels = childOf(childOf(childOf(spec, 'template'), 'metadata'), 'labels')
  Object.assign(labels, {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  })
  childOf(childOf(spec, 'selector'), 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid
  if (Object.keys(fieldsOf(job.metadata.labels)).length === 0)
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

/** Adds a finalizer on creation: storage in use must not vanish. */
export function protectedBy(finalizer: string): (object: KubeObject, previous: KubeObject | undefined) => void {
  return (object, previous) => {
    if (previous !== undefined) return
    const finalizers = object.metadata.finalizers ?? []
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer]
  }
}

/** PersistentVolume: protected, pending since now. */
export function prepareVolume(volume: KubeObject, previous: KubeObject | undefined, context: WriteContext): void {
  protectedBy('kubernetes.io/pv-protection')(volume, previous)
  if (previous === undefined) volume['status'] = { phase: 'Pending', lastPhaseTransitionTime: context.now }
}

/** PersistentVolumeClaim: protected, pending, of the default class if there is one. */
export async function prepareClaim(
  claim: KubeObject,
  previous: KubeObject | undefined,
  context: WriteContext,
): Promise<void> {
  protectedBy('kubernetes.io/pvc-protection')(claim, previous)
  if (previous !== undefined) return
  claim['status'] = { phase: 'Pending' }
  const spec = childOf(claim, 'spec')
  if (spec['storageClassName'] !== undefined) return
  const { items } = await context.objects.list({ group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' })
  const marked = items.filter(
    (item) => item.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  )
  const newest = marked.sort((a, b) =>
    textOf(b.metadata.creationTimestamp).localeCompare(textOf(a.metadata.creationTimestamp)),
  )[0]
  if (newest !== undefined) spec['storageClassName'] = newest.metadata.name
}

/** Node: not ready until it says so; the old and the new name of its pod range. */
export function prepareNode(node: KubeObject, previous: KubeObject | undefined): void {
  const spec = childOf(node, 'spec')
  if (previous === undefined) {
    const key = 'node.kubernetes.io/not-ready'
    const taints = listOf(spec['taints'])
    if (!taints.some((taint) => fieldsOf(taint)['key'] === key))
      spec['taints'] = [...taints, { key, effect: 'NoSchedule' }]
  }
  if (isSet(spec['podCIDR']) && spec['podCIDR'] !== listOf(spec['podCIDRs'])[0]) spec['podCIDRs'] = [spec['podCIDR']]
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
