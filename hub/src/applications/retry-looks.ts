import { retryAt, retryDelay, wantsLatest } from '@flotilla/shared/engine/retry'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'

/** How long before a retry its sources are looked at: time enough to make manifests of a new commit. */
const lookAhead = 1_000

/**
 * Looks at the sources shortly before an agent retries an operation that goes for the revisions of then: who polls once in
 * a while would be too late.
 */
export class RetryLooks {
  readonly #cancels = new Map<string, () => void>()
  readonly #clock: Clock
  readonly #look: (key: string) => void

  constructor(clock: Clock, look: (key: string) => void) {
    this.#clock = clock
    this.#look = look
  }

  /** Told of what the agent says of an application. */
  heard(key: string, { operationState: state }: ApplicationReport): void {
    this.forget(key)
    if (!state || !wantsLatest(state) || retryAt(state) === undefined) return
    // Counted from now on: the agent's clock may differ.
    const delay = retryDelay(state.operation.retry, Math.max(0, (state.retryCount ?? 1) - 1))
    const cancel = this.#clock.after(Math.max(0, delay - lookAhead), () => {
      this.#cancels.delete(key)
      this.#look(key)
    })
    this.#cancels.set(key, cancel)
  }

  forget(key: string): void {
    this.#cancels.get(key)?.()
    this.#cancels.delete(key)
  }

  stop(): void {
    for (const key of this.#cancels.keys()) this.forget(key)
  }
}
