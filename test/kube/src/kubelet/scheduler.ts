import { findCondition, timestamp, withCondition } from '../controllers/conditions.ts'
import { isFinished, isTerminating } from '../controllers/pods.ts'
import type { Pod } from '../controllers/types.ts'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Controller, World } from '../machinery/controller.ts'
import type { Note } from '../machinery/events.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { unfit } from './node-fit.ts'
import { standInLabel } from './stand-in-node.ts'
import { claimsOf } from './volumes.ts'

/** Puts pods on nodes of the stand-in: of those that they fit on, the emptiest. */
export const scheduler: Controller = {
  name: 'scheduler',
  component: 'default-scheduler',
  resource: resources.pods,
  watches: [
    { resource: resources.nodes, wakes: (_, world) => pendingPods(world) },
    { resource: resources.storageClasses, wakes: (_, world) => pendingPods(world) },
    { resource: resources.claims, wakes: ({ object }, world) => pendingPods(world, object.metadata.namespace) },
  ],
  reconcile(object, world, now) {
    const pod = object as Pod
    const nodes = world
      .of(resources.nodes)
      .list()
      .filter((node) => node.metadata.labels?.[standInLabel] !== undefined)
    if (nodes.length === 0 || pod.spec.nodeName !== undefined || isTerminating(pod) || isFinished(pod))
      return { writes: [] }
    const gates = (pod.spec['schedulingGates'] ?? []) as unknown[]
    if (gates.length > 0) return { writes: [] }
    const late = world
      .of(resources.storageClasses)
      .list()
      .filter((kind) => kind['volumeBindingMode'] === 'WaitForFirstConsumer')
    const names = new Set(late.map(({ metadata }) => metadata.name ?? ''))
    const volumes = claimsOf(pod, world.of(resources.claims).list(pod.metadata.namespace), names)
    if (volumes.problem !== undefined)
      return unschedulable(pod, `0/${nodes.length} nodes are available: ${volumes.problem}.`, now)
    if (volumes.binding) return { writes: [] }
    const node = pick(pod, nodes, world)
    if (typeof node === 'string') return unschedulable(pod, node, now)
    if (volumes.waiting.length > 0) return { writes: volumes.waiting.map((claim) => selectNode(claim, node)) }
    return { writes: [bind(pod, node)] }
  },
}

function pendingPods(world: World, namespace?: string): string[] {
  const pending = (world.of(resources.pods).list(namespace) as Pod[]).filter((pod) => pod.spec.nodeName === undefined)
  return pending.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
}

/** The emptiest node that fits, or why there is none. */
function pick(pod: Pod, nodes: readonly KubeObject[], world: World): string | KubeObject {
  const reasons = new Map<string, number>()
  const fitting = nodes.filter((node) => {
    const why = unfit(pod, node)
    if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1)
    return why === undefined
  })
  if (fitting.length === 0) {
    const list = [...reasons].map(([why, count]) => `${count} ${why}`).toSorted()
    const count = `0/${nodes.length}`
    return `${count} nodes are available: ${list.join(', ')}. preemption: ${count} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`
  }
  if (fitting.length === 1) return fitting[0] ?? ''
  const load = new Map<string, number>()
  for (const { spec } of world.of(resources.pods).list() as Pod[])
    if (spec.nodeName !== undefined) load.set(spec.nodeName, (load.get(spec.nodeName) ?? 0) + 1)
  const loadOf = (node: KubeObject): number => load.get(node.metadata.name ?? '') ?? 0
  return fitting.toSorted((a, b) => loadOf(a) - loadOf(b))[0] ?? ''
}

function bind(pod: Pod, node: KubeObject): Write {
  const { name = '', namespace = '' } = pod.metadata
  const target = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name }
  const object = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target }
  const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`
  const done = (): Note => ({ about: pod, type: 'Normal', reason: 'Scheduled', message })
  return { verb: 'bind', ref: refTo(resources.pods, pod), object, announce: { done } }
}

/** A claim that waits for its first consumer is told where that one goes. */
function selectNode(claim: KubeObject, node: KubeObject): Write {
  const annotations = { 'volume.kubernetes.io/selected-node': node.metadata.name }
  return { verb: 'patch', ref: refTo(resources.claims, claim), patch: { metadata: { annotations } } }
}

function unschedulable(pod: Pod, message: string, now: number): Outcome {
  const held = findCondition(pod.status?.conditions, 'PodScheduled')
  if (held?.status === 'False' && held.message === message) return { writes: [] }
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    observedGeneration: pod.metadata.generation ?? 1,
    lastTransitionTime: held?.status === 'False' ? (held.lastTransitionTime ?? timestamp(now)) : timestamp(now),
  }
  const rest = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  const status = { ...pod.status, conditions: withCondition(rest, condition) }
  const note: Note = { about: pod, type: 'Warning', reason: 'FailedScheduling', message }
  return { writes: [statusWrite(resources.pods, pod, status)], notes: [note] }
}
