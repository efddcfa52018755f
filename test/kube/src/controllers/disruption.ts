import { isDeepStrictEqual } from 'node:util'
import type { ResourceRef } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller, World } from '../machinery/controller.ts'
import type { Note } from '../machinery/events.ts'
import { resources } from '../machinery/resources.ts'
import { statusWrite, type Outcome } from '../machinery/writes.ts'
import { findCondition, timestamp } from './conditions.ts'
import { controllerOf } from './owners.ts'
import { isReady, isTerminating, note } from './pods.ts'
import { scaled } from './rollout.ts'
import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import type { Condition, Pod } from './types.ts'

export interface DisruptionBudget extends KubeObject {
  spec: {
    minAvailable?: number | string
    maxUnavailable?: number | string
    selector?: LabelSelector
    unhealthyPodEvictionPolicy?: string
  }
  status?: DisruptionStatus
}

export interface DisruptionStatus {
  disruptedPods?: Record<string, string>
  disruptionsAllowed: number
  currentHealthy: number
  desiredHealthy: number
  expectedPods: number
  observedGeneration?: number
  conditions?: Condition[]
}

/** How long an evicted pod may take to be deleted before it counts again. */
const deletionTimeoutMs = 120_000

/** Counts how many pods of each budget are well, and how many of them may go. */
export const disruptionController: Controller = {
  name: 'disruption',
  component: 'controllermanager',
  resource: resources.budgets,
  watches: [
    {
      resource: resources.pods,
      wakes: ({ object, previous }, world) =>
        budgetsOf(world, object.metadata.namespace, [object.metadata.labels, previous?.metadata.labels]),
    },
    ...[resources.replicaSets, resources.deployments, resources.statefulSets].map((resource) => ({
      resource,
      wakes: ({ object }: { object: KubeObject }, world: World) => budgetsOf(world, object.metadata.namespace),
    })),
  ],
  reconcile(object, world, now) {
    const budget = object as DisruptionBudget
    if (isTerminating(budget)) return { writes: [] }
    const pods = (world.of(resources.pods).list(budget.metadata.namespace) as Pod[]).filter((pod) =>
      covers(budget, pod),
    )
    return reconcileBudget(budget, pods, (pod) => scaleOf(pod, world), now)
  },
}

/** Whether a budget is about a pod; one without selector is about none, one with an empty selector about all. */
export function covers({ spec }: DisruptionBudget, pod: Pod): boolean {
  return spec.selector !== undefined && selects(spec.selector, pod.metadata.labels)
}

function budgetsOf(
  world: World,
  namespace: string | undefined,
  labels?: readonly (Record<string, string> | undefined)[],
): string[] {
  const all = world.of(resources.budgets).list(namespace) as DisruptionBudget[]
  const selected = all.filter(
    ({ spec: { selector } }) =>
      labels === undefined || (selector && labels.some((set) => set !== undefined && selects(selector, set))),
  )
  return (labels?.every((set) => set === undefined) ? all : selected).map(keyOfObject)
}

interface Scale {
  readonly uid: string
  readonly replicas: number
}

const scalable: Readonly<Record<string, ResourceRef>> = {
  ReplicaSet: resources.replicaSets,
  StatefulSet: resources.statefulSets,
  Deployment: resources.deployments,
}

/** How many pods the outermost controller of a pod wants. */
function scaleOf(object: KubeObject, world: World): Scale | undefined {
  const owner = controllerOf(object)
  const resource = owner && scalable[owner.kind]
  const found = resource && world.of(resource).get(object.metadata.namespace ?? '', owner.name)
  if (!found || found.metadata.uid !== owner.uid) return undefined
  const { replicas = 1 } = (found['spec'] ?? {}) as { replicas?: number }
  return scaleOf(found, world) ?? { uid: owner.uid, replicas }
}

/** The decision on one budget and the pods that it covers. */
export function reconcileBudget(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  scaleOfPod: (pod: Pod) => Scale | undefined,
  now: number,
): Outcome {
  const { minAvailable, maxUnavailable } = budget.spec
  const byCount = typeof minAvailable === 'number' && maxUnavailable === undefined
  const expectedPods = byCount ? pods.length : expected(pods, scaleOfPod)
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaled(minAvailable, expectedPods, 'up')
      : Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods, 'up'))
  const { disruptedPods, againMs } = stillDisrupted(budget, pods, now)
  const currentHealthy = pods.filter(
    (pod) => !isTerminating(pod) && disruptedPods[pod.metadata.name ?? ''] === undefined && isReady(pod),
  ).length
  const room = currentHealthy - desiredHealthy
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, room)
  const observedGeneration = budget.metadata.generation ?? 1
  const counts = { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, observedGeneration }
  const status: DisruptionStatus = {
    ...counts,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    conditions: allowedCondition(budget.status?.conditions ?? [], counts, now),
  }
  const notes =
    pods.length === 0 ? [note(budget, 'NoPods', 'No matching pods found')] : unmanaged(budget, pods, byCount)
  const again = againMs === undefined ? {} : { againMs }
  if (isDeepStrictEqual(status, budget.status)) return { writes: [], notes, ...again }
  return { writes: [statusWrite(resources.budgets, budget, status)], notes, ...again }
}

function expected(pods: readonly Pod[], scaleOfPod: (pod: Pod) => Scale | undefined): number {
  const scales = new Map<string, number>()
  for (const pod of pods) {
    const scale = scaleOfPod(pod)
    if (scale) scales.set(scale.uid, scale.replicas)
  }
  return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0)
}

function unmanaged(budget: DisruptionBudget, pods: readonly Pod[], byCount: boolean): Note[] {
  if (byCount || pods.every((pod) => controllerOf(pod))) return []
  const labels = Object.entries(budget.spec.selector?.matchLabels ?? {}).map(([key, value]) => `${key}:${value}`)
  const message = `Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{${labels.map((label) => label.replace(':', ': ')).join(',')},},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
  return [{ about: budget, type: 'Warning', reason: 'UnmanagedPods', message }]
}

function stillDisrupted(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  now: number,
): { disruptedPods: Record<string, string>; againMs?: number } {
  const disruptedPods: Record<string, string> = {}
  let againMs = Infinity
  for (const pod of pods) {
    const { name = '' } = pod.metadata
    const since = budget.status?.disruptedPods?.[name]
    if (since === undefined || isTerminating(pod)) continue
    const left = Date.parse(since) + deletionTimeoutMs - now
    if (left < 0) continue
    disruptedPods[name] = since
    againMs = Math.min(againMs, left + 1)
  }
  return Number.isFinite(againMs) ? { disruptedPods, againMs } : { disruptedPods }
}

/** The conditions with `DisruptionAllowed` as the counts have it. */
export function allowedCondition(
  before: readonly Condition[],
  { disruptionsAllowed, observedGeneration }: Pick<DisruptionStatus, 'disruptionsAllowed' | 'observedGeneration'>,
  now: number,
): Condition[] {
  const held = findCondition(before, 'DisruptionAllowed')
  const status = disruptionsAllowed > 0 ? 'True' : 'False'
  const next: Condition = {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: observedGeneration ?? 0,
    lastTransitionTime: held?.status === status ? (held.lastTransitionTime ?? timestamp(now)) : timestamp(now),
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  }
  return [...before.filter(({ type }) => type !== 'DisruptionAllowed'), next]
}
