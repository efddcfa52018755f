import type { KubeObject } from '@flotilla/shared/k8s/object'
import { selects } from '@flotilla/shared/k8s/label-selector'
import type { Pod } from '../controllers/types.ts'

export interface Taint {
  key: string
  value?: string
  effect: string
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
}

interface Requirement {
  key: string
  operator: string
  values?: string[]
}

interface NodeSelectorTerm {
  matchExpressions?: Requirement[]
  matchFields?: Requirement[]
}

/** Why a pod cannot go on a node, in the scheduler's words; undefined where it can. */
export function unfit(pod: Pod, node: KubeObject): string | undefined {
  const spec = (node['spec'] ?? {}) as { unschedulable?: boolean; taints?: Taint[] }
  const tolerations = (pod.spec.tolerations ?? []) as Toleration[]
  const cordoned: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  if (spec.unschedulable === true && !tolerates(tolerations, cordoned)) return 'node(s) were unschedulable'
  const taint = (spec.taints ?? []).find(
    (candidate) =>
      candidate.effect !== 'PreferNoSchedule' && candidate.key !== cordoned.key && !tolerates(tolerations, candidate),
  )
  if (taint) return `node(s) had untolerated taint(s)`
  return fitsAffinity(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector"
}

export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (key === undefined || key === '' || key === taint.key) &&
      (effect === undefined || effect === '' || effect === taint.effect) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  )
}

/** Whether a node has the labels that a pod's selector and required affinity ask for. */
export function fitsAffinity(pod: Pod, node: KubeObject): boolean {
  if (!selects({ matchLabels: pod.spec.nodeSelector ?? {} }, node.metadata.labels)) return false
  const terms = requiredTerms(pod)
  return terms === undefined || terms.some((term) => matches(term, node))
}

/** The node that a pod of a DaemonSet is made for. */
export function onlyNode(pod: Pod): string | undefined {
  const [term] = requiredTerms(pod) ?? []
  return term?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0]
}

function requiredTerms(pod: Pod): NodeSelectorTerm[] | undefined {
  const { nodeAffinity } = (pod.spec.affinity ?? {}) as {
    nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] } }
  }
  return nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
}

function matches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: KubeObject): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const fields = { 'metadata.name': node.metadata.name ?? '' }
  return (
    matchExpressions.every((requirement) => holds(requirement, node.metadata.labels ?? {})) &&
    matchFields.every((requirement) => holds(requirement, fields))
  )
}

function holds(requirement: Requirement, labels: Record<string, string>): boolean {
  const { key, operator, values = [] } = requirement
  const value = labels[key]
  if (operator === 'Gt') return value !== undefined && Number(value) > Number(values[0])
  if (operator === 'Lt') return value !== undefined && Number(value) < Number(values[0])
  return selects({ matchExpressions: [requirement] }, labels)
}
