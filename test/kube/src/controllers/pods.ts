import type { KubeObject } from '@flotilla/shared/k8s/object'
import { resources } from '../machinery/resources.ts'
import type { Note } from '../machinery/events.ts'
import { refTo, type Write } from '../machinery/writes.ts'
import { findCondition } from './conditions.ts'
import { controllerReference } from './owners.ts'
import type { Pod, PodTemplate } from './types.ts'

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined
}

export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod)
}

export function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True'
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isReady(pod) && availableInMs(pod, minReadySeconds, now) <= 0
}

/** How long a ready pod has yet to be ready to count as available. */
export function availableInMs(pod: Pod, minReadySeconds: number, now: number): number {
  if (minReadySeconds === 0) return 0
  const since = Date.parse(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '')
  return Number.isNaN(since) ? minReadySeconds * 1000 : since + minReadySeconds * 1000 - now
}

/** Creates a pod from a template, owned by its controller. */
export function createPod(owner: KubeObject, template: PodTemplate, meta: KubeObject['metadata'] = {}): Write {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  const namespace = owner.metadata.namespace ?? ''
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(meta.name === undefined ? { generateName: prefix(owner) } : {}),
      namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
      ...meta,
    },
    spec: template.spec,
  }
  const announce = {
    done: (pod: KubeObject) => note(owner, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`),
    failed: (why: string) => warning(owner, 'FailedCreate', `Error creating: ${why}`),
  }
  return { verb: 'create', ref: { ...resources.pods, namespace }, object, announce }
}

/** Deletes a pod for its controller, which tells of it. */
export function deletePod(owner: KubeObject, pod: Pod): Write {
  const announce = { done: () => note(owner, 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`) }
  return { verb: 'delete', ref: refTo(resources.pods, pod), announce }
}

export function note(about: KubeObject, reason: string, message: string): Note {
  return { about, type: 'Normal', reason, message }
}

export function warning(about: KubeObject, reason: string, message: string): Note {
  return { about, type: 'Warning', reason, message }
}

/** Names of generated pods begin with the owner's, cut where the suffix would not fit. */
function prefix(owner: KubeObject): string {
  return `${owner.metadata.name ?? ''}-`
}

/** The order in which surplus pods go: those that do least first. */
export function deletionOrder(pods: readonly Pod[]): Pod[] {
  return pods.toSorted((a, b) => {
    for (const rank of ranks) {
      const difference = rank(a) - rank(b)
      if (difference !== 0) return difference
    }
    return 0
  })
}

const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }

const ranks: readonly ((pod: Pod) => number)[] = [
  (pod) => (pod.spec.nodeName === undefined ? 0 : 1),
  (pod) => phases[pod.status?.phase ?? 'Pending'] ?? 0,
  (pod) => (isReady(pod) ? 1 : 0),
  (pod) => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
  (pod) => -Date.parse(pod.metadata.creationTimestamp ?? ''),
]
