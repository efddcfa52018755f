import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { keyOfObject } from '../machinery/cache.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import type { Note } from '../machinery/events.ts'
import { nothing, statusWrite, type Outcome, type Write } from '../machinery/writes.ts'
import { fitsAffinity, onlyNode, tolerates, type Taint, type Toleration } from '../kubelet/node-fit.ts'
import { claim, wakesOwner } from './owners.ts'
import {
  availableInMs,
  createPod,
  deletePod,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  note,
  warning,
} from './pods.ts'
import { recordTemplate, staleRevisions, type ControllerRevision } from './revisions.ts'
import { scaled } from './rollout.ts'
import type { LabelSelector } from '@flotilla/shared/k8s/label-selector'
import { unlessZero, type Pod, type PodTemplate } from './types.ts'

interface DaemonSet extends KubeObject {
  spec: {
    selector: LabelSelector
    template: PodTemplate
    minReadySeconds?: number
    revisionHistoryLimit?: number
    updateStrategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
  }
}

const revisionLabel = 'controller-revision-hash'
const generationKey = 'deprecated.daemonset.template.generation'

/** Pods of daemons stay on nodes in trouble. */
const ownTolerations = [
  ...['not-ready', 'unreachable'].map((key) => ({ key, effect: 'NoExecute' })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((key) => ({
    key,
    effect: 'NoSchedule',
  })),
].map(({ key, effect }) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect }))

/** Keeps one pod on each node that a DaemonSet fits. */
export const daemonSetController: Controller = {
  name: 'daemonset',
  resource: resources.daemonSets,
  watches: [
    wakesOwner(resources.pods, resources.daemonSets, 'DaemonSet'),
    wakesOwner(resources.revisions, resources.daemonSets, 'DaemonSet'),
    { resource: resources.nodes, wakes: (_, world) => world.of(resources.daemonSets).list().map(keyOfObject) },
  ],
  reconcile(object, world, now) {
    const set = object as DaemonSet
    const candidates = world.of(resources.pods).list(set.metadata.namespace) as Pod[]
    const { owned, writes } = claim(set, set.spec.selector, resources.pods, candidates)
    const stored = world.of(resources.revisions).list(set.metadata.namespace) as ControllerRevision[]
    const history = claim(set, set.spec.selector, resources.revisions, stored)
    const outcome = reconcileDaemonSet(set, owned, world.of(resources.nodes).list(), history.owned, now)
    return { ...outcome, writes: [...writes, ...history.writes, ...outcome.writes] }
  },
}

/** The decision on one DaemonSet, its pods and the nodes. */
export function reconcileDaemonSet(
  set: DaemonSet,
  pods: readonly Pod[],
  nodes: readonly KubeObject[],
  revisions: readonly ControllerRevision[],
  now: number,
): Outcome {
  const history = recordTemplate(set, set.spec.template, revisions, revisionLabel)
  // One that goes writes no more history, which the garbage collector would take away again.
  if (!history.current) return isTerminating(set) ? nothing : { writes: history.writes, againMs: 0 }
  const hash = history.current.metadata.labels?.[revisionLabel] ?? history.hash
  const byNode = groupByNode(pods)
  const fitting = nodes.filter((node) => fits(set, node))
  const names = new Set(fitting.map((node) => node.metadata.name ?? ''))
  const status = statusOf(set, byNode, names, hash, now)
  const writes: Write[] = [...history.writes]
  if (!isDeepStrictEqual(status, set['status'])) writes.push(statusWrite(resources.daemonSets, set, status))
  if (isTerminating(set)) return { writes }
  for (const name of names) if (!byNode.has(name)) writes.push(createOn(set, name, hash))
  const notes: Note[] = []
  const surge = surgeOf(set, names.size)
  const isNew = (pod: Pod): boolean => pod.metadata.labels?.[revisionLabel] === hash
  for (const pod of pods) {
    const beside = byNode.get(nodeOf(pod)) ?? []
    // While it surges, a node may have one pod of each revision.
    const first = surge > 0 ? beside.find((other) => isNew(other) === isNew(pod)) : beside[0]
    const strayed = !names.has(nodeOf(pod)) || first !== pod || isFinished(pod)
    if (!strayed || isTerminating(pod)) continue
    if (isFinished(pod) && names.has(nodeOf(pod))) notes.push(endedPod(set, pod))
    writes.push(deletePod(set, pod))
  }
  writes.push(...(surge > 0 ? surgeNew : replaceOld)(set, byNode, names, hash, now))
  const inUse = new Set(
    revisions
      .filter((revision) =>
        pods.some((pod) => pod.metadata.labels?.[revisionLabel] === revision.metadata.labels?.[revisionLabel]),
      )
      .map(({ metadata }) => metadata.name ?? ''),
  )
  inUse.add(history.current.metadata.name ?? '')
  writes.push(...staleRevisions(revisions, inUse, set.spec.revisionHistoryLimit ?? 10))
  const waits = pods.filter(isReady).map((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now))
  const next = Math.min(...waits.filter((ms) => ms > 0))
  return Number.isFinite(next) ? { writes, notes, againMs: next } : { writes, notes }
}

/** Daemons do not end; one that has is replaced. */
function endedPod(set: DaemonSet, pod: Pod): Note {
  const { namespace, name } = pod.metadata
  const where = `daemon pod ${namespace}/${name} on node ${nodeOf(pod)}, will try to`
  return pod.status?.phase === 'Failed'
    ? warning(set, 'FailedDaemonPod', `Found failed ${where} kill it`)
    : note(set, 'SucceededDaemonPod', `Found succeeded ${where} delete it`)
}

/** The node a pod is on, or is meant for. */
function nodeOf(pod: Pod): string {
  return pod.spec.nodeName ?? onlyNode(pod) ?? ''
}

function groupByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const groups = new Map<string, Pod[]>()
  for (const pod of pods.toSorted((a, b) => Number(isTerminating(a)) - Number(isTerminating(b)))) {
    groups.set(nodeOf(pod), [...(groups.get(nodeOf(pod)) ?? []), pod])
  }
  return groups
}

function fits(set: DaemonSet, node: KubeObject): boolean {
  const { tolerations = [], nodeName } = set.spec.template.spec
  if (nodeName !== undefined && nodeName !== node.metadata.name) return false
  if (!fitsAffinity({ ...set, spec: set.spec.template.spec }, node)) return false
  const spec = (node['spec'] ?? {}) as { taints?: Taint[] }
  const all = [...tolerations, ...ownTolerations] as Toleration[]
  // New nodes are tainted until they report; daemons come all the same.
  return (spec.taints ?? []).every(
    (taint) =>
      taint.effect === 'PreferNoSchedule' || taint.key === 'node.kubernetes.io/not-ready' || tolerates(all, taint),
  )
}

function createOn(set: DaemonSet, node: string, hash: string): Write {
  const { template } = set.spec
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }]
  const required = { nodeSelectorTerms: [{ matchFields }] }
  const affinity = {
    ...template.spec.affinity,
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required },
  }
  const spec = { ...template.spec, affinity, tolerations: [...(template.spec.tolerations ?? []), ...ownTolerations] }
  const generation = set.metadata.annotations?.[generationKey] ?? '1'
  const labels = { ...template.metadata?.labels, [revisionLabel]: hash, 'pod-template-generation': generation }
  return createPod(set, { ...template, spec }, { generateName: `${set.metadata.name}-`, labels })
}

function surgeOf(set: DaemonSet, nodes: number): number {
  if (set.spec.updateStrategy?.type === 'OnDelete') return 0
  return scaled(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, nodes, 'up')
}

/** New pods come beside the old, as many at once as may; an old one goes when its successor is available. */
function surgeNew(
  set: DaemonSet,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  names: ReadonlySet<string>,
  hash: string,
  now: number,
): Write[] {
  const works = (pod: Pod): boolean => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)
  const writes: Write[] = []
  const [broken, fine]: [string[], string[]] = [[], []]
  let surging = 0
  for (const name of names) {
    const alive = (byNode.get(name) ?? []).filter((pod) => !isTerminating(pod))
    const old = alive.find((pod) => pod.metadata.labels?.[revisionLabel] !== hash)
    const next = alive.find((pod) => pod.metadata.labels?.[revisionLabel] === hash)
    if (!old) continue
    if (next && works(next)) writes.push(deletePod(set, old))
    else if (next) surging += 1
    else (works(old) ? fine : broken).push(name)
  }
  const room = Math.max(0, surgeOf(set, names.size) - surging)
  // Where the old one does not work there is nothing to wait for.
  return [...writes, ...[...broken, ...fine.slice(0, room)].map((name) => createOn(set, name, hash))]
}

/** Old pods go as fast as the others are available. */
function replaceOld(
  set: DaemonSet,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  names: ReadonlySet<string>,
  hash: string,
  now: number,
): Write[] {
  if (set.spec.updateStrategy?.type === 'OnDelete') return []
  const limit = Math.max(1, scaled(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, names.size, 'up'))
  const pods = [...names].flatMap((name) => byNode.get(name)?.[0] ?? [])
  const works = (pod: Pod): boolean => isAvailable(pod, set.spec.minReadySeconds ?? 0, now) && !isTerminating(pod)
  const old = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] !== hash && !isTerminating(pod))
  const broken = old.filter((pod) => !works(pod))
  const room = Math.max(0, limit - (names.size - pods.filter(works).length))
  return [...broken, ...old.filter(works).slice(0, room)].map((pod) => deletePod(set, pod))
}

function statusOf(
  set: DaemonSet,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  names: ReadonlySet<string>,
  hash: string,
  now: number,
): Record<string, unknown> {
  const placed = [...names].flatMap((name) => byNode.get(name)?.[0] ?? [])
  const available = placed.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length
  return {
    currentNumberScheduled: placed.length,
    numberMisscheduled: [...byNode.entries()].filter(
      ([name, pods]) => !names.has(name) && pods.some((pod) => !isFinished(pod)),
    ).length,
    desiredNumberScheduled: names.size,
    numberReady: placed.filter(isReady).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...unlessZero({
      updatedNumberScheduled: placed.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length,
      numberAvailable: available,
      numberUnavailable: names.size - available,
    }),
  }
}
