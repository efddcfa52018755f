import type { Clock } from '../lang/clock.ts'

const longestTimer = 2 ** 31 - 1

/** The wall clock; its timers never keep the process alive. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), longestTimer))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A clock that moves only when told. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, running what falls due in order and letting promises settle after each. */
  advance(ms: number): Promise<void>
  /** Lets promises settle without moving. */
  settle(): Promise<void>
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** A virtual clock that starts at `start`, by default some whole second of the year 2030. */
export function virtualClock(start = Date.UTC(2030, 0, 1)): VirtualClock {
  let now = start
  let order = 0
  const timers = new Set<Timer>()

  const next = (until: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) {
      if (timer.at > until) continue
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }

  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + Math.max(ms, 0), order: order++, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    settle,
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.callback()
        await settle()
      }
      now = until
    },
  }
}

/** Work in memory needs a few turns of the event loop at most; work on disk or sockets needs a real clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => void setImmediate(resolve))
}
