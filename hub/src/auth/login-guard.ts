import type { Clock } from '@flotilla/shared/lang/clock'

const window = 300_000
const limit = 5
const inventedKept = 1_000
const mostWaiting = 200

interface Failures {
  count: number
  last: number
}

/** Slows down guessing: after five failures a name is refused until five minutes after the last one. */
export class LoginGuard {
  readonly #clock: Clock
  /** Of names that there are: none of them is forgotten for another. */
  readonly #failures = new Map<string, Failures>()
  readonly #ofInvented = new Map<string, Failures>()
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Tries come one after the other, so that each knows of the failures before it; undefined where too many wait. */
  inTurn<T>(attempt: () => Promise<T>): Promise<T> | undefined {
    if (this.#waiting >= mostWaiting) return undefined
    this.#waiting++
    const done = this.#turn.then(attempt).finally(() => this.#waiting--)
    this.#turn = done.catch(() => undefined)
    return done
  }

  allowed(name: string): boolean {
    for (const failures of [this.#failures, this.#ofInvented]) {
      const found = failures.get(name)
      if (found && this.#clock.now() - found.last > window) failures.delete(name)
      else if (found && found.count >= limit) return false
    }
    return true
  }

  /** `exists`: somebody has that name. */
  failed(name: string, exists: boolean): void {
    const failures = exists ? this.#failures : this.#ofInvented
    const count = (failures.get(name)?.count ?? 0) + 1
    failures.delete(name)
    failures.set(name, { count, last: this.#clock.now() })
    // Invented names must not fill the memory.
    const [oldest] = this.#ofInvented.keys()
    if (this.#ofInvented.size > inventedKept && oldest !== undefined) this.#ofInvented.delete(oldest)
  }

  succeeded(name: string): void {
    this.#failures.delete(name)
    this.#ofInvented.delete(name)
  }
}
