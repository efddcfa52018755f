/**
 * What is still to be said, one entry a key: a newer value takes the place of an older, so the queue is bounded by the
 * number of keys and the last word is never lost. What is under way stays until it is acknowledged.
 */
export class Outbox<V> {
  readonly #waiting = new Map<string, V>()
  readonly #underWay = new Map<number, ReadonlyMap<string, V>>()

  /** Entries that wait or are under way. */
  get size(): number {
    let size = this.#waiting.size
    for (const batch of this.#underWay.values()) size += batch.size
    return size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  offer(key: string, value: V): void {
    this.#waiting.set(key, value)
  }

  /** Takes it back where it was not sent yet. */
  withdraw(key: string): void {
    this.#waiting.delete(key)
  }

  /** The oldest entries, at most `limit`, and until `weight` has summed up to `budget` (but at least one). */
  take(limit: number, weight: (value: V) => number = () => 0, budget = Infinity): ReadonlyMap<string, V> {
    const batch = new Map<string, V>()
    let sum = 0
    for (const [key, value] of this.#waiting) {
      if (batch.size >= limit || (batch.size > 0 && sum >= budget)) break
      batch.set(key, value)
      sum += weight(value)
    }
    for (const key of batch.keys()) this.#waiting.delete(key)
    return batch
  }

  /** The batch travels under this number. */
  sent(number: number, batch: ReadonlyMap<string, V>): void {
    this.#underWay.set(number, batch)
  }

  /** What was acknowledged up to a number, in order. */
  acknowledge(upTo: number): ReadonlyMap<string, V>[] {
    const batches: ReadonlyMap<string, V>[] = []
    for (const [number, batch] of this.#underWay) {
      if (number > upTo) continue
      batches.push(batch)
      this.#underWay.delete(number)
    }
    return batches
  }

  /** The link is gone: what was under way waits again, unless something newer of its key does. */
  reset(): void {
    const newer = new Map(this.#waiting)
    this.#waiting.clear()
    for (const batch of this.#underWay.values()) for (const [key, value] of batch) this.#waiting.set(key, value)
    this.#underWay.clear()
    for (const [key, value] of newer) this.#waiting.set(key, value)
  }
}
