import type { Clock } from './clock.ts'

/** Tells once of what ends a rest early; the answer stops listening for it. */
export type Sooner = (callback: () => void) => () => void

/** Resolves after a time. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}

/** Resolves after a time, or sooner where what `sooner` tells of comes. */
export function restUntil(clock: Clock, ms: number, sooner: Sooner | undefined): Promise<void> {
  return new Promise((resolve) => {
    let ignore: (() => void) | undefined
    const done = (): void => {
      cancel()
      ignore?.()
      resolve()
    }
    const cancel = clock.after(ms, done)
    ignore = sooner?.(done)
  })
}

/** What an aborted signal ends, be it aborted already. */
export function whenAborted(signal: AbortSignal): Sooner {
  return (callback) => {
    if (signal.aborted) callback()
    else signal.addEventListener('abort', callback)
    return () => signal.removeEventListener('abort', callback)
  }
}

/** Listens all the time, so that what comes while something else is done ends the rest after it at once. */
export interface Ear {
  /** What was heard until now counts no more. */
  forget(): void
  /** For one rest at a time. */
  readonly sooner: Sooner
  stop(): void
}

export function listenTo(sooner: Sooner | undefined): Ear {
  let heard = false
  let wake: () => void = () => undefined
  const stop = sooner?.(() => {
    heard = true
    wake()
  })
  return {
    forget: () => void (heard = false),
    sooner(callback) {
      if (heard) callback()
      else wake = callback
      return () => void (wake = () => undefined)
    },
    stop: () => stop?.(),
  }
}
