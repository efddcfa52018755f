import { Compile } from 'typebox/compile'
import { Down } from './down.ts'
import { Up } from './up.ts'

/** Longest text of one WebSocket frame, in characters; what is longer travels in parts. */
export const FRAME_CHARS = 48 * 1024
/** Most bytes that such a frame can have: three UTF-8 bytes a character. */
export const FRAME_BYTES = FRAME_CHARS * 3 + 1024

export interface Limits {
  /** Longest reassembled message, in characters. */
  readonly messageChars: number
  /** Deepest nesting of JSON. */
  readonly depth: number
}

/** What a hub takes of an agent. */
export const UP_LIMITS: Limits = { messageChars: 16 * 1024 * 1024, depth: 100 }
/** What an agent takes of its hub. */
export const DOWN_LIMITS: Limits = { messageChars: 64 * 1024 * 1024, depth: 100 }

/** One message with what orders it: the session's name, its number, and the number up to which the other was heard. */
export interface Envelope {
  readonly n?: string | undefined
  readonly s?: number | undefined
  readonly a?: number | undefined
  readonly m?: unknown
}

/** The other side does not keep to the protocol. `tooBig` tells the two close codes apart. */
export class ProtocolViolation extends Error {
  readonly tooBig: boolean

  constructor(message: string, tooBig = false) {
    super(message)
    this.name = 'ProtocolViolation'
    this.tooBig = tooBig
  }
}

/**
 * The frames of one envelope: itself, or parts `>index/count:text` that are put together in order. `message` is the
 * envelope's, where it is JSON already.
 */
export function encode(envelope: Envelope, message?: string): string[] {
  const json = JSON.stringify(envelope)
  const text = message === undefined ? json : `${json.slice(0, -1)},"m":${message}}`
  if (text.length <= FRAME_CHARS) return [text]
  const cuts: string[] = []
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + FRAME_CHARS - 32, text.length)
    const last = text.charCodeAt(end - 1)
    // A surrogate pair cut in two would not survive UTF-8.
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--
    cuts.push(text.slice(at, end))
    at = end
  }
  return cuts.map((cut, index) => `>${index}/${cuts.length}:${cut}`)
}

/** Puts frames together and reads them, within limits; nothing is parsed before its size and depth are known. */
export class Decoder {
  readonly #limits: Limits
  #parts: string[] = []
  #count = 0
  #chars = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** An envelope once it is whole; undefined while parts are awaited. Throws `ProtocolViolation`. */
  decode(frame: string): Envelope | undefined {
    if (!frame.startsWith('>')) {
      if (this.#parts.length > 0) {
        // Heartbeats may come between parts, nothing else does.
        if (frame.length > 64) throw new ProtocolViolation('a message began within another')
      }
      return parse(frame, this.#limits)
    }
    const head = /^>(\d{1,6})\/(\d{1,6}):/.exec(frame)
    if (head === null) throw new ProtocolViolation('malformed part')
    const index = Number(head[1])
    const count = Number(head[2])
    if (index !== this.#parts.length || count < 2 || index >= count || (index > 0 && count !== this.#count))
      throw new ProtocolViolation('part out of order')
    this.#count = count
    this.#chars += frame.length
    if (this.#chars > this.#limits.messageChars) throw new ProtocolViolation('message too long', true)
    this.#parts.push(frame.slice(head[0].length))
    if (this.#parts.length < count) return undefined
    const text = this.#parts.join('')
    this.#parts = []
    this.#chars = 0
    return parse(text, this.#limits)
  }
}

function parse(text: string, limits: Limits): Envelope {
  if (text.length > limits.messageChars) throw new ProtocolViolation('message too long', true)
  if (deeperThan(text, limits.depth)) throw new ProtocolViolation('message nested too deep')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProtocolViolation('not JSON')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new ProtocolViolation('not an envelope')
  const { n, s, a, m } = value as Envelope
  if (n !== undefined && typeof n !== 'string') throw new ProtocolViolation('session is not text')
  if (s !== undefined && (!Number.isSafeInteger(s) || s < 1)) throw new ProtocolViolation('number is not one')
  if (a !== undefined && (!Number.isSafeInteger(a) || a < 0)) throw new ProtocolViolation('acknowledgement is not one')
  return { n, s, a, m }
}

/** Whether JSON text nests deeper than `depth`, told without parsing it. */
export function deeperThan(text: string, depth: number): boolean {
  let level = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === 0x5c) at++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x7b || code === 0x5b) {
      if (++level > depth) return true
    } else if (code === 0x7d || code === 0x5d) level--
  }
  return false
}

/** A reader of one side's messages: schema first, use after. */
export function messageReader<T extends 'up' | 'down'>(side: T): (message: unknown) => T extends 'up' ? Up : Down {
  const validator = side === 'up' ? Compile(Up) : Compile(Down)
  return (message) => {
    if (!validator.Check(message)) {
      const type = (message as { type?: unknown } | null | undefined)?.type
      throw new ProtocolViolation(`no such message, or a malformed one: ${String(type).slice(0, 40)}`)
    }
    return message as never
  }
}
