import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { byKey, inOrder } from '@flotilla/shared/lang/order'
import type { Trouble } from './reach.ts'

/** What the hub is told of a cluster as a whole. */
export interface Condition {
  /** The API server cannot be asked. */
  readonly trouble?: Trouble | undefined
  /** Kinds (`group/kind`) that cannot be seen for now, and why. */
  readonly unseen: readonly (readonly [kind: string, reason: string])[]
  /** `apps/v1`, `apps/v1/Deployment`, …: what templates may ask for; absent until it is known. */
  readonly apis?: readonly string[]
  /** As its API server said it last. */
  readonly kubernetesVersion?: string
}

/** How the cluster is, as the engine finds it and the channel tells it. */
export class ClusterCondition {
  #now: Condition = { unseen: [] }
  #listener: (changed: Partial<Condition>) => void = () => undefined

  get now(): Condition {
    return this.#now
  }

  /** Called with what has changed. */
  onChange(listener: (changed: Partial<Condition>) => void): void {
    this.#listener = listener
  }

  served(apis: readonly string[], kubernetesVersion: string | undefined): void {
    const next = { apis: [...apis].toSorted(inOrder), ...(kubernetesVersion !== undefined && { kubernetesVersion }) }
    const { apis: before, kubernetesVersion: version } = this.#now
    if (deepEqual(next, { apis: before, ...(version !== undefined && { kubernetesVersion: version }) })) return
    this.#now = { ...this.#now, ...next }
    this.#listener(next)
  }

  trouble(trouble: Trouble | undefined): void {
    if (deepEqual(trouble, this.#now.trouble)) return
    this.#now = { ...this.#now, trouble }
    this.#listener({ trouble })
  }

  unseen(kinds: ReadonlyMap<string, string>): void {
    const unseen = [...kinds].toSorted(byKey).slice(0, most)
    if (deepEqual(unseen, this.#now.unseen)) return
    this.#now = { ...this.#now, unseen }
    this.#listener({ unseen })
  }
}

/** Who reads them has seen enough by then. */
const most = 100
