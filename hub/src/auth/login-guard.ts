import type { Clock } from '@flotilla/shared/lang/clock'

const window = 300_000
const limit = 5
const namesKept = 1_000

/** Slows down guessing: after five failures a name is refused until five minutes after the last one. */
export class LoginGuard {
  readonly #clock: Clock
  readonly #failures = new Map<string, { count: number; last: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  allowed(name: string): boolean {
    const failure = this.#failures.get(name)
    if (!failure) return true
    if (this.#clock.now() - failure.last > window) {
      this.#failures.delete(name)
      return true
    }
    return failure.count < limit
  }

  failed(name: string): void {
    const count = (this.#failures.get(name)?.count ?? 0) + 1
    this.#failures.delete(name)
    this.#failures.set(name, { count, last: this.#clock.now() })
    // Invented names must not fill the memory.
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > namesKept && oldest !== undefined) this.#failures.delete(oldest)
  }

  succeeded(name: string): void {
    this.#failures.delete(name)
  }
}
