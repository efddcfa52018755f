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
  readonly callback: () => void
}

/** A virtual clock that starts at `start`, by default some whole second of the year 2030. */
export function virtualClock(start = Date.UTC(2030, 0, 1)): VirtualClock {
  let now = start
  /** The next one first; of those at the same time the older. */
  const timers: Timer[] = []

  /** How many timers fall due before `at`, or at it. */
  const dueBy = (at: number): number => {
    let low = 0
    let high = timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((timers[middle]?.at ?? 0) <= at) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + Math.max(ms, 0), callback }
      timers.splice(dueBy(timer.at), 0, timer)
      return () => {
        let index = dueBy(timer.at) - 1
        while (index >= 0 && timers[index] !== timer && timers[index]?.at === timer.at) index -= 1
        if (timers[index] === timer) timers.splice(index, 1)
      }
    },
    settle,
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let [timer] = timers; timer && timer.at <= until; [timer] = timers) {
        timers.shift()
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
