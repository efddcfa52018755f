import { annotations, fences, replicaAnnotations, total } from './rollout.ts'
import type { Deployment, ReplicaSet } from './types.ts'

/**
 * How a changed replica count is spread: all to the one active set (or the newest), else, in the middle of a rollout,
 * over the sets in proportion to their size, the largest taking what rounding leaves.
 */
export function proportions(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
): [ReplicaSet, number][] {
  const { replicas } = deployment.spec
  const active = sets.filter((set) => set.spec.replicas > 0)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (current ?? sets.at(-1)) : undefined
  if (only) return only.spec.replicas === replicas && isAnnotated(deployment, only) ? [] : [[only, replicas]]
  if (current && (current.status?.availableReplicas ?? 0) === replicas && current.spec.replicas === replicas) {
    return active.filter((set) => set !== current).map((set) => [set, 0])
  }
  if (deployment.spec.strategy.type !== 'RollingUpdate') return []
  const allowed = replicas > 0 ? replicas + fences(deployment).surge : 0
  const toAdd = allowed - total(active, (set) => set.spec.replicas)
  const ordered = active.toSorted((a, b) => b.spec.replicas - a.spec.replicas)
  let added = 0
  const sizes = ordered.map((set): [ReplicaSet, number] => {
    const share = toAdd === 0 ? 0 : shareOf(set, deployment, toAdd, added)
    added += share
    return [set, set.spec.replicas + share]
  })
  const [largest] = sizes
  if (largest) largest[1] = Math.max(0, largest[1] + toAdd - added)
  return sizes.filter(([set, size]) => size !== set.spec.replicas || !isAnnotated(deployment, set))
}

function shareOf(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  const allowed = toAdd - added
  const before = Number(set.metadata.annotations?.[annotations.max] ?? deployment.status?.replicas ?? 0) || 1
  const target = deployment.spec.replicas + fences(deployment).surge
  const share = Math.round((set.spec.replicas * target) / before) - set.spec.replicas
  return toAdd > 0 ? Math.max(0, Math.min(share, allowed)) : Math.min(0, Math.max(share, allowed))
}

function isAnnotated(deployment: Deployment, set: ReplicaSet): boolean {
  return Object.entries(replicaAnnotations(deployment)).every(
    ([key, value]) => set.metadata.annotations?.[key] === value,
  )
}
