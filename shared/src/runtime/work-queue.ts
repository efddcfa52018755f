import type { Clock } from '../lang/clock.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  /** How many keys are worked on at the same time; the same key never twice. */
  readonly workers: number
  /**
   * Does the work of one key. A throw is tried again with growing delay. By `fresh` it says that it takes note from now
   * on of all that the key was added for until now, so that once more is not needed for that.
   */
  work(key: string, fresh: () => void): Promise<void>
  /** Told of every throw. */
  failed(key: string, error: unknown): void
  readonly firstDelay?: number
  readonly longestDelay?: number
}

/** A queue of keys: a key that waits is there once, a key added while it is worked on is worked on once more. */
export interface WorkQueue {
  add(key: string): void
  addAfter(key: string, ms: number): void
  /** Resolves once nothing waits and nothing is worked on. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const waiting = new Set<string>()
  const working = new Set<string>()
  const again = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, () => void>()
  const sleepers = new Set<() => void>()
  let stopped = false

  const wake = (): void => {
    if (waiting.size > 0 || working.size > 0) return
    for (const sleeper of sleepers) sleeper()
    sleepers.clear()
  }
  // Goes on where it stood: a new iterator would step over all that has left a long queue, for each key again.
  let queue = waiting.values()
  const next = (): string | undefined => {
    const ahead = queue.next()
    if (!ahead.done) return ahead.value
    queue = waiting.values()
    return queue.next().value
  }
  const pump = (): void => {
    while (!stopped && waiting.size > 0 && working.size < options.workers) {
      const key = next()
      if (key === undefined) return
      waiting.delete(key)
      working.add(key)
      void run(key)
    }
  }
  const run = async (key: string): Promise<void> => {
    try {
      await options.work(key, () => void again.delete(key))
      failures.delete(key)
    } catch (error) {
      options.failed(key, error)
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      const delay = (options.firstDelay ?? 50) * 2 ** Math.min(count - 1, 20)
      addAfter(key, Math.min(delay, options.longestDelay ?? 60_000))
    }
    working.delete(key)
    if (again.delete(key)) add(key)
    pump()
    wake()
  }
  const add = (key: string): void => {
    if (stopped) return
    timers.get(key)?.()
    timers.delete(key)
    if (working.has(key)) again.add(key)
    else {
      waiting.add(key)
      queueMicrotask(pump)
    }
  }
  const addAfter = (key: string, ms: number): void => {
    if (stopped || timers.has(key)) return
    timers.set(
      key,
      options.clock.after(ms, () => {
        timers.delete(key)
        add(key)
      }),
    )
  }
  return {
    add,
    addAfter,
    idle: () =>
      new Promise((resolve) => {
        sleepers.add(resolve)
        wake()
      }),
    async stop() {
      stopped = true
      for (const cancel of timers.values()) cancel()
      timers.clear()
      waiting.clear()
      again.clear()
      if (working.size > 0) await new Promise<void>((resolve) => sleepers.add(resolve))
    },
  }
}
