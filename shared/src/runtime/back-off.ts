import type { Random } from '../lang/clock.ts'

export interface BackOffOptions {
  readonly firstMs: number
  readonly maxMs: number
  readonly factor?: number | undefined
}

/** Delays that grow with each failure, with full jitter so that many do not come back at once. */
export class BackOff {
  readonly #options: BackOffOptions
  readonly #random: Pick<Random, 'next'>
  #failures = 0

  constructor(options: BackOffOptions, random: Pick<Random, 'next'>) {
    this.#options = options
    this.#random = random
  }

  get failures(): number {
    return this.#failures
  }

  /** The next delay in milliseconds: between half the first delay and the cap. */
  next(): number {
    const { firstMs, maxMs, factor = 2 } = this.#options
    const ceiling = Math.min(maxMs, firstMs * factor ** Math.min(this.#failures, 50))
    this.#failures++
    return Math.max(firstMs / 2, this.#random.next() * ceiling)
  }

  reset(): void {
    this.#failures = 0
  }
}
