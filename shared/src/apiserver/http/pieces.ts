import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { warn } from './warning-headers.ts'

/** Writes JSON that comes in pieces, as fast as the client reads it; of one piece the length is told. */
export async function writePieces(
  response: ServerResponse,
  pieces: Iterable<string>,
  warnings?: readonly string[],
): Promise<void> {
  warn(response, warnings)
  response.setHeader('cache-control', 'no-cache, private')
  response.setHeader('content-type', 'application/json')
  let held: Buffer | undefined
  for (const piece of pieces) {
    if (held && !response.write(held)) await drained(response)
    if (response.destroyed) return
    held = Buffer.from(piece)
  }
  if (!response.headersSent) response.setHeader('content-length', held?.length ?? 0)
  response.end(held)
}

/** Resolves once more can be written, or nobody reads on. */
async function drained(response: ServerResponse): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).catch(() => undefined)
  settled.abort()
}
