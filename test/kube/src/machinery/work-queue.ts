import type { Clock } from '@flotilla/shared/lang/clock'

const firstRetryMs = 20
const longestRetryMs = 30_000

/** Runs work by key: never twice at once for one key, again if it was asked for meanwhile, later and later when it fails. */
export class WorkQueue {
  readonly #clock: Clock
  readonly #work: (key: string) => Promise<number | undefined>
  readonly #waiting = new Set<string>()
  readonly #running = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Map<string, { at: number; cancel: () => void }>()
  readonly #reactions = new Map<string, () => void>()
  readonly #reactionMs: number
  #closed = false

  /**
   * `work` answers in how many milliseconds it wants to look again, if at all. Between being asked for a key and the work on
   * it `reactionMs` pass, for each key by itself: a delay, no rate.
   */
  constructor(clock: Clock, work: (key: string) => Promise<number | undefined>, reactionMs = 0) {
    this.#clock = clock
    this.#work = work
    this.#reactionMs = reactionMs
  }

  add(key: string): void {
    if (this.#closed || this.#waiting.has(key)) return
    this.#waiting.add(key)
    if (!this.#running.has(key)) this.#react(key)
  }

  /** Adds after a while; of several such wishes the earliest counts. */
  addAfter(key: string, ms: number): void {
    const at = this.#clock.now() + ms
    const planned = this.#timers.get(key)
    if (this.#closed || (planned && planned.at <= at)) return
    planned?.cancel()
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(key)
      // It has waited as long as was asked for: nothing is to be noticed first.
      this.#waiting.add(key)
      void this.#run(key)
    })
    this.#timers.set(key, { at, cancel })
  }

  get idle(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0
  }

  close(): void {
    this.#closed = true
    for (const { cancel } of this.#timers.values()) cancel()
    for (const cancel of this.#reactions.values()) cancel()
    this.#timers.clear()
    this.#reactions.clear()
    this.#waiting.clear()
  }

  #react(key: string): void {
    if (this.#reactionMs === 0) return queueMicrotask(() => void this.#run(key))
    const cancel = this.#clock.after(this.#reactionMs, () => {
      this.#reactions.delete(key)
      void this.#run(key)
    })
    this.#reactions.set(key, cancel)
  }

  async #run(key: string): Promise<void> {
    if (this.#running.has(key) || !this.#waiting.delete(key)) return
    this.#running.add(key)
    this.#reactions.get(key)?.()
    this.#reactions.delete(key)
    try {
      const again = await this.#work(key)
      this.#failures.delete(key)
      if (again !== undefined) this.addAfter(key, again)
    } catch {
      // The next try decides on fresh state; what a refusal means to the object is the controller's to say, in its status.
      const failures = (this.#failures.get(key) ?? 0) + 1
      this.#failures.set(key, failures)
      this.addAfter(key, Math.min(firstRetryMs * 2 ** (failures - 1), longestRetryMs))
    } finally {
      this.#running.delete(key)
      if (this.#waiting.has(key)) this.#react(key)
    }
  }
}
