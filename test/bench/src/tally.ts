import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Api } from './api.ts'
import { roundAnnotation, type Workload } from './workload.ts'

/** Counts the workload's objects in clusters by the round that each is at, by watching. */
export class Tally {
  readonly #rounds = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #stops: (() => void)[] = []
  #waiting: { readonly round: string; readonly count: number; readonly done: () => void } | undefined

  static async start(apis: readonly Api[], workload: Workload): Promise<Tally> {
    const tally = new Tally()
    for (const [index, api] of apis.entries())
      for (const list of workload.lists)
        tally.#stops.push(await api.watch(list, (type, object) => tally.#take(`${index} ${list}`, type, object)))
    return tally
  }

  /** Resolves as soon as so many objects are at a round; throws where that takes too long. */
  reached(round: number, count: number, seconds = 600): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        const have = [...this.#counts].map((pair) => pair.join(': ')).join(', ')
        reject(new Error(`${count} objects of round ${round} did not come within ${seconds} s; there are ${have}`))
      }, seconds * 1000)
      const done = (): void => {
        clearTimeout(late)
        this.#waiting = undefined
        resolve()
      }
      this.#waiting = { round: String(round), count, done }
      this.#check()
    })
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #take(prefix: string, type: string, { metadata }: KubeObject): void {
    const id = `${prefix} ${metadata.namespace}/${metadata.name}`
    const round = type === 'DELETED' ? undefined : metadata.annotations?.[roundAnnotation]
    const before = this.#rounds.get(id)
    if (before === round) return
    if (before !== undefined) this.#counts.set(before, (this.#counts.get(before) ?? 0) - 1)
    if (round === undefined) this.#rounds.delete(id)
    else {
      this.#rounds.set(id, round)
      this.#counts.set(round, (this.#counts.get(round) ?? 0) + 1)
    }
    this.#check()
  }

  #check(): void {
    const { round, count, done } = this.#waiting ?? {}
    if (round !== undefined && (this.#counts.get(round) ?? 0) >= (count ?? 0)) done?.()
  }
}
