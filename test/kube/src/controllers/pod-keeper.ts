import type { KubeObject } from '@flotilla/shared/k8s/object'
import { tolerates, type Taint, type Toleration } from '../kubelet/node-fit.ts'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller, World } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { nothing, refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { timestamp } from './conditions.ts'
import { isFinished, isTerminating, note } from './pods.ts'
import type { Pod } from './types.ts'

/** How long a node may be away before its pods are given up. */
const quarantineMs = 40_000

/** Takes away pods that may not stay on their node: it does not tolerate them any more, or is no more. */
export const podKeeper: Controller = {
  name: 'taint-eviction',
  resource: resources.pods,
  watches: [{ resource: resources.nodes, wakes: ({ object }, world) => podsOn(object.metadata.name ?? '', world) }],
  reconcile(object, world, now) {
    const pod = object as Pod
    const { nodeName } = pod.spec
    if (nodeName === undefined) return nothing
    const node = world.of(resources.nodes).get('', nodeName)
    return node ? evictTainted(pod, node, now) : collectStray(pod, now)
  },
}

function podsOn(node: string, world: World): string[] {
  const pods = world.of(resources.pods).list() as Pod[]
  return pods.filter(({ spec }) => spec.nodeName === node).map(keyOfObject)
}

/** Taints that drive out what is there already: at once, or when the pod's patience is over. */
function evictTainted(pod: Pod, node: KubeObject, now: number): Outcome {
  const { taints = [] } = (node['spec'] ?? {}) as { taints?: (Taint & { timeAdded?: string })[] }
  const tolerations = (pod.spec.tolerations ?? []) as (Toleration & { tolerationSeconds?: number })[]
  let left = Infinity
  for (const taint of taints.filter(({ effect }) => effect === 'NoExecute')) {
    const fitting = tolerations.filter((toleration) => tolerates([toleration], taint))
    const patience = fitting.map(({ tolerationSeconds }) => tolerationSeconds ?? Infinity)
    const since = taint.timeAdded === undefined ? now : Date.parse(taint.timeAdded)
    left = Math.min(left, fitting.length === 0 ? 0 : since + Math.min(...patience) * 1000 - now)
  }
  if (left === Infinity || isTerminating(pod) || isFinished(pod)) return nothing
  if (left > 0) return { writes: [], againMs: left }
  const told = note(pod, 'TaintManagerEviction', `Marking for deletion Pod ${keyOfObject(pod)}`)
  const reason = 'DeletionByTaintManager'
  const marked = target(pod, reason, 'Taint manager: deleting due to NoExecute taint', now)
  return { writes: [marked, { verb: 'delete', ref: refTo(resources.pods, pod) }], notes: [told] }
}

function collectStray(pod: Pod, now: number): Outcome {
  const since = strayTime(pod)
  const left = since + quarantineMs - now
  if (left > 0) return { writes: [], againMs: left }
  const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid ?? '' } }
  const gone: Write = { verb: 'delete', ref: refTo(resources.pods, pod), options }
  if (isFinished(pod)) return { writes: [gone] }
  return { writes: [target(pod, 'DeletionByPodGC', 'PodGC: node no longer exists', now, 'Failed'), gone] }
}

/** When a pod was last heard of; nobody writes down when its node went. */
function strayTime(pod: Pod): number {
  const times = (pod.status?.conditions ?? []).map(({ lastTransitionTime }) => Date.parse(lastTransitionTime ?? ''))
  const known = [Date.parse(pod.metadata.creationTimestamp ?? ''), ...times].filter((time) => !Number.isNaN(time))
  return Math.max(0, ...known)
}

/** Tells on the pod why it goes. */
function target(pod: Pod, reason: string, message: string, now: number, phase?: string): Write {
  const condition = { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: timestamp(now) }
  const conditions = [...(pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget'), condition]
  return statusWrite(resources.pods, pod, { ...pod.status, conditions, ...(phase === undefined ? {} : { phase }) })
}
