import type { ServerResponse } from 'node:http'
import { warn } from './warning-headers.ts'

/** Writes JSON that comes in pieces, as fast as the client reads it; of one piece the length is told. */
export async function writePieces(
  response: ServerResponse,
  pieces: Iterable<Buffer>,
  warnings?: readonly string[],
): Promise<void> {
  warn(response, warnings)
  response.setHeader('cache-control', 'no-cache, private')
  response.setHeader('content-type', 'application/json')
  let held: Buffer | undefined
  let wake = (): void => undefined
  let closed = false
  response.on('drain', () => wake())
  response.once('close', () => {
    closed = true
    wake()
  })
  for (const piece of pieces) {
    if (held && !response.write(held)) await new Promise<void>((resolve) => (wake = resolve))
    if (closed) return
    held = piece
  }
  if (!response.headersSent) response.setHeader('content-length', held?.length ?? 0)
  response.end(held)
}
