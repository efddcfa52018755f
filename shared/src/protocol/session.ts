import type { Envelope } from './codec.ts'

export type Arrival = 'fresh' | 'duplicate' | 'gap' | 'foreign' | 'loose'

/**
 * One end of one session: numbers what goes out, checks what comes in, and knows what was acknowledged.
 * A frame of another session, or one that does not follow its predecessor, is never used.
 */
export class Session {
  readonly name: string
  #sent = 0
  #received = 0
  #done = 0
  readonly #doneAhead = new Set<number>()
  #acknowledged = 0
  #acknowledgedToPeer = 0

  constructor(name: string) {
    this.name = name
  }

  /** The number of the last message sent. */
  get sent(): number {
    return this.#sent
  }

  /** Up to which number the other side is done with what was sent. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Whether the other side waits for an acknowledgement. */
  get owesAck(): boolean {
    return this.#done > this.#acknowledgedToPeer
  }

  /** Wraps a message with the next number. */
  number(message: unknown): Envelope {
    this.#acknowledgedToPeer = this.#done
    return { n: this.name, s: ++this.#sent, a: this.#done, m: message }
  }

  /** An envelope that only acknowledges. */
  ack(): Envelope {
    this.#acknowledgedToPeer = this.#done
    return { n: this.name, a: this.#done }
  }

  /** Judges an envelope: only what is `fresh` (or `loose`: a heartbeat) may be acted on. */
  arrive(envelope: Envelope): Arrival {
    if (envelope.n === undefined && envelope.s === undefined) return 'loose'
    if (envelope.n !== this.name) return 'foreign'
    if (envelope.a !== undefined) {
      if (envelope.a > this.#sent) return 'gap'
      this.#acknowledged = Math.max(this.#acknowledged, envelope.a)
    }
    if (envelope.s === undefined) return 'duplicate'
    if (envelope.s <= this.#received) return 'duplicate'
    if (envelope.s !== this.#received + 1) return 'gap'
    this.#received = envelope.s
    return 'fresh'
  }

  /** The message with this number has had its effect and may be acknowledged, once all before it have. */
  done(number: number): void {
    this.#doneAhead.add(number)
    while (this.#doneAhead.delete(this.#done + 1)) this.#done++
  }
}
