import type { Clock } from '@flotilla/shared/lang/clock'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ClusterFacts, ClusterPresence } from './ports.ts'

/** Who is there, since when, and what was last heard: never a stale "connected". */
export class Presence {
  readonly #clock: Clock
  readonly #clusters = new Map<string, ClusterPresence>()
  readonly #listeners = new Set<(cluster: string, presence: ClusterPresence) => void>()
  readonly #startedAt: number
  readonly #remembered: Map<string, ClusterFacts>

  /** `remembered`: what agents told before the hub was started; it holds until they tell something else. */
  constructor(clock: Clock, remembered: ReadonlyMap<string, ClusterFacts> = new Map()) {
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#remembered = new Map(remembered)
  }

  /** `otherwise` says what a cluster is that has not been heard of since the hub started. */
  get(cluster: string, otherwise: ClusterPresence['state'] = 'pending'): ClusterPresence {
    const facts = this.#remembered.get(cluster)
    return this.#clusters.get(cluster) ?? { state: otherwise, since: this.#startedAt, ...(facts && { facts }) }
  }

  turn(cluster: string, state: ClusterPresence['state']): void {
    const before = this.#clusters.get(cluster)
    if (before?.state === state) return
    this.#set(cluster, { ...this.get(cluster), state, since: this.#clock.now() })
  }

  facts(cluster: string, facts: ClusterFacts): void {
    const before = this.get(cluster)
    this.#set(cluster, { ...before, facts: { ...before.facts, ...facts } })
  }

  trouble(cluster: string, trouble: ClusterPresence['trouble']): void {
    const before = this.get(cluster)
    if (!deepEqual(before.trouble, trouble)) this.#set(cluster, { ...before, trouble })
  }

  warn(cluster: string, warning: string | undefined): void {
    const before = this.get(cluster)
    if (before.warning !== warning) this.#set(cluster, { ...before, warning })
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
    this.#remembered.delete(cluster)
  }

  listen(listener: (cluster: string, presence: ClusterPresence) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #set(cluster: string, presence: ClusterPresence): void {
    this.#clusters.set(cluster, presence)
    for (const listener of this.#listeners) listener(cluster, presence)
  }
}
