import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '@flotilla/shared/lang/clock'
import { assertPermitted } from './declared.ts'
import { streamErrorBody, type ApiError } from './errors.ts'

/** An answer that goes on: server-sent events for browsers, a JSON value a line for all others. */
export interface ResponseStream {
  send(result: unknown): void
  fail(error: ApiError): void
  end(): void
  onClose(callback: () => void): void
}

const keepAlive = 15_000
/** A reader that is this far behind is cut: it will list again and be up to date sooner. */
const tooMuch = 16 * 1024 * 1024

/** Takes the response over from the router. */
export function openStream(request: FastifyRequest, reply: FastifyReply, clock: Clock): ResponseStream {
  assertPermitted(request)
  const events = request.headers.accept === 'text/event-stream'
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': events ? 'text/event-stream' : 'application/json',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  })
  raw.flushHeaders()
  const closers = new Set<() => void>()
  let cancel: () => void = () => undefined
  const beat = (): void => {
    cancel = clock.after(keepAlive, () => {
      raw.write(':\n')
      beat()
    })
  }
  if (events) beat()
  raw.on('close', () => {
    cancel()
    for (const closer of closers) closer()
  })
  const write = (value: unknown): void => {
    const text = JSON.stringify(value)
    raw.write(events ? `data: ${text} \n\n\n` : `${text}\n`)
    if (raw.writableLength > tooMuch) raw.destroy()
  }
  return {
    send: (result) => write({ result }),
    fail(error) {
      write(streamErrorBody(error))
      raw.end()
    },
    end: () => raw.end(),
    onClose: (callback) => void closers.add(callback),
  }
}
