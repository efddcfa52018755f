import type { Clock } from '@flotilla/shared/lang/clock'
import type { Down } from '@flotilla/shared/protocol/down'
import type { Query } from '@flotilla/shared/protocol/query'
import type { Up } from '@flotilla/shared/protocol/up'
import { FleetError, type FleetErrorCode, type QueryOptions } from './ports.ts'

/** Chunks that wait for a slow reader before the stream is given up. */
const LONGEST_BACKLOG = 10_000
const CODES: readonly string[] = ['not-found', 'forbidden', 'invalid', 'conflict', 'cancelled']

interface Waiting {
  take(message: Extract<Up, { type: 'answer' | 'failure' | 'chunk' | 'end' }>): void
  fail(error: FleetError): void
}

/** The questions under way on one connection. */
export class Queries {
  readonly #clock: Clock
  readonly #send: (message: Down) => void
  readonly #waiting = new Map<number, Waiting>()
  #next = 1

  constructor(clock: Clock, send: (message: Down) => void) {
    this.#clock = clock
    this.#send = send
  }

  async ask(query: Query, options: QueryOptions = {}): Promise<unknown> {
    for await (const answer of this.#run(query, false, options)) return answer
    throw new FleetError('failed', 'the agent ended without an answer')
  }

  stream(query: Query, options: QueryOptions = {}): AsyncIterable<unknown> {
    return this.#run(query, true, options)
  }

  /** An answer of the agent; one that nobody waits for is no fault: it crossed a cancellation. */
  take(message: Extract<Up, { type: 'answer' | 'failure' | 'chunk' | 'end' }>): void {
    this.#waiting.get(message.id)?.take(message)
  }

  close(): void {
    for (const waiting of this.#waiting.values()) waiting.fail(new FleetError('disconnected', 'the agent went away'))
  }

  async *#run(query: Query, stream: boolean, options: QueryOptions): AsyncGenerator {
    const id = this.#next++
    const chunks: unknown[] = []
    let ended = false
    let error: FleetError | undefined
    let wake: () => void = () => undefined
    const finish = (reason?: FleetError): void => {
      ended = true
      error ??= reason
      wake()
    }
    this.#waiting.set(id, {
      take(message) {
        if (message.type === 'failure') {
          const code = CODES.includes(message.code) ? (message.code as FleetErrorCode) : 'failed'
          finish(new FleetError(code, message.message))
        } else if (message.type === 'end') finish()
        else {
          chunks.push(message.type === 'answer' ? message.result : message.data)
          if (message.type === 'answer') finish()
          else if (chunks.length > LONGEST_BACKLOG) finish(new FleetError('failed', 'the stream is read too slowly'))
          wake()
        }
      },
      fail: finish,
    })
    const abort = (): void => finish(new FleetError('cancelled', 'no longer wanted'))
    options.signal?.addEventListener('abort', abort)
    if (options.signal?.aborted === true) abort()
    const timeoutMs = options.timeoutMs ?? 30_000
    const stopTimer = stream
      ? undefined
      : this.#clock.after(timeoutMs, () =>
          finish(new FleetError('timeout', `the agent did not answer within ${timeoutMs} ms`)),
        )
    try {
      if (!ended) this.#send({ type: 'query', id, query, stream })
      for (;;) {
        while (chunks.length > 0) yield chunks.shift()
        if (ended) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (error !== undefined) throw error
    } finally {
      this.#waiting.delete(id)
      options.signal?.removeEventListener('abort', abort)
      stopTimer?.()
      if ((!ended || error !== undefined) && error?.code !== 'disconnected') this.#send({ type: 'cancel', id })
    }
  }
}
