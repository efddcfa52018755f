import { jsonEqual } from '@flotilla/shared/lang/json'
import type { Deployment, PodTemplate, ReplicaSet } from './types.ts'

export const annotations = {
  revision: 'deployment.kubernetes.io/revision',
  history: 'deployment.kubernetes.io/revision-history',
  desired: 'deployment.kubernetes.io/desired-replicas',
  max: 'deployment.kubernetes.io/max-replicas',
} as const

export const hashLabel = 'pod-template-hash'

const notCopied = new Set<string>([
  ...Object.values(annotations),
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
])

/** A whole number, or a percentage of `total`. */
export function scaled(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number' || value === undefined) return value ?? 0
  const exact = (Number.parseInt(value, 10) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

/** How many pods may be too many, and how many may be missing; never both none, or nothing could move. */
export function fences(deployment: Deployment): { surge: number; unavailable: number } {
  const { replicas, strategy } = deployment.spec
  if (strategy.type !== 'RollingUpdate') return { surge: 0, unavailable: 0 }
  const surge = scaled(strategy.rollingUpdate?.maxSurge, replicas, 'up')
  const unavailable = scaled(strategy.rollingUpdate?.maxUnavailable, replicas, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) }
}

/** Whether two templates are the same but for the hash that a ReplicaSet's carries. */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return jsonEqual(a.spec, b.spec) && jsonEqual(withoutHash(a), withoutHash(b))
}

function withoutHash({ metadata }: PodTemplate): unknown {
  const labels = { ...metadata?.labels }
  delete labels[hashLabel]
  return { ...metadata, labels }
}

export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[annotations.revision] ?? 0)
}

export function total(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((sum, set) => sum + (count(set) ?? 0), 0)
}

/** How many pods the new ReplicaSet may have now. */
export function newReplicas(deployment: Deployment, sets: readonly ReplicaSet[], current: number): number {
  const { replicas, strategy } = deployment.spec
  if (strategy.type !== 'RollingUpdate') return replicas
  const room = replicas + fences(deployment).surge - total(sets, (set) => set.spec.replicas)
  return room <= 0 ? current : current + Math.min(room, replicas - current)
}

/** The annotations that say how many replicas the deployment wanted when the set was last scaled. */
export function replicaAnnotations(deployment: Deployment): Record<string, string> {
  const { replicas } = deployment.spec
  const max = replicas === 0 ? 0 : replicas + fences(deployment).surge
  return { [annotations.desired]: String(replicas), [annotations.max]: String(max) }
}

/** The annotations of a new ReplicaSet: the deployment's own but those of tools, and its revision, with those it had before as history. */
export function setAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const held = set?.metadata.annotations ?? {}
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key))
  const next: Record<string, string> = { ...held, ...Object.fromEntries(copied) }
  const before = Number(held[annotations.revision] ?? 0)
  if (before >= revision) return next
  next[annotations.revision] = String(revision)
  if (before > 0)
    next[annotations.history] = [...(held[annotations.history]?.split(',') ?? []), String(before)].join(',')
  return next
}
