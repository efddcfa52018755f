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
  #closed = false

  /** `work` answers in how many milliseconds it wants to look again, if at all. */
  constructor(clock: Clock, work: (key: string) => Promise<number | undefined>) {
    this.#clock = clock
    this.#work = work
  }

  add(key: string): void {
    if (this.#closed || this.#waiting.has(key)) return
    this.#waiting.add(key)
    if (!this.#running.has(key)) queueMicrotask(() => void this.#run(key))
  }

  /** Adds after a while; of several such wishes the earliest counts. */
  addAfter(key: string, ms: number): void {
    const at = this.#clock.now() + ms
    const planned = this.#timers.get(key)
    if (this.#closed || (planned && planned.at <= at)) return
    planned?.cancel()
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(key)
      this.add(key)
    })
    this.#timers.set(key, { at, cancel })
  }

  get idle(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0
  }

  close(): void {
    this.#closed = true
    for (const { cancel } of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#waiting.clear()
  }

  async #run(key: string): Promise<void> {
    if (this.#running.has(key) || !this.#waiting.delete(key)) return
    this.#running.add(key)
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
      if (this.#waiting.has(key)) queueMicrotask(() => void this.#run(key))
    }
  }
}
