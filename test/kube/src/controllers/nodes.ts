import { jsonEqual } from '@flotilla/shared/lang/json'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Taint } from '../kubelet/node-fit.ts'
import type { Controller } from '../machinery/controller.ts'
import { resources } from '../machinery/resources.ts'
import { refTo, type Outcome, type Write } from '../machinery/writes.ts'
import { findCondition, timestamp } from './conditions.ts'
import type { Condition } from './types.ts'

const timeToLive = 'node.alpha.kubernetes.io/ttl'
const prefix = 'node.kubernetes.io/'

/** What conditions of a node keep new pods away, by status. */
const troubles: readonly { readonly type: string; readonly status: string; readonly taint: string }[] = [
  { type: 'Ready', status: 'False', taint: 'not-ready' },
  { type: 'Ready', status: 'Unknown', taint: 'unreachable' },
  { type: 'MemoryPressure', status: 'True', taint: 'memory-pressure' },
  { type: 'DiskPressure', status: 'True', taint: 'disk-pressure' },
  { type: 'PIDPressure', status: 'True', taint: 'pid-pressure' },
  { type: 'NetworkUnavailable', status: 'True', taint: 'network-unavailable' },
]

const kept = new Set([...troubles.map(({ taint }) => prefix + taint), `${prefix}unschedulable`])

/** Taints nodes by their conditions and by what is asked of them, and says how long what is read there may be kept. */
export const nodeController: Controller = {
  name: 'node',
  resource: resources.nodes,
  watches: [],
  reconcile: (node, _, now) => reconcileNode(node, now),
}

/** The decision on one node. */
export function reconcileNode(node: KubeObject, now: number): Outcome {
  const writes: Write[] = []
  if (node.metadata.deletionTimestamp !== undefined) return { writes }
  const ref = refTo(resources.nodes, node)
  if (node.metadata.annotations?.[timeToLive] === undefined)
    writes.push({ verb: 'patch', ref, patch: { metadata: { annotations: { [timeToLive]: '0' } } } })
  const { taints = [], unschedulable } = (node['spec'] ?? {}) as { taints?: Taint[]; unschedulable?: boolean }
  const { conditions } = (node['status'] ?? {}) as { conditions?: Condition[] }
  const wanted = troubles
    .filter(({ type, status }) => findCondition(conditions, type)?.status === status)
    .map(({ taint }) => prefix + taint)
  if (unschedulable === true) wanted.push(`${prefix}unschedulable`)
  const isOurs = ({ key, effect }: Taint): boolean => effect === 'NoSchedule' && kept.has(key)
  const missing = wanted.filter((key) => !taints.some((taint) => isOurs(taint) && taint.key === key))
  const next = [
    ...taints.filter((taint) => !isOurs(taint) || wanted.includes(taint.key)),
    ...missing.map((key) => ({ key, effect: 'NoSchedule', timeAdded: timestamp(now) })),
  ]
  if (!jsonEqual(next, taints))
    writes.push({ verb: 'patch', ref, patch: { spec: { taints: next.length > 0 ? next : null } } })
  return { writes }
}
