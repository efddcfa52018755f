import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git'

const capability = 'thin-pack'

/**
 * Asks servers that offer it for thin packs. isomorphic-git reads them, but never asks; without them a server sends a
 * shallow commit whole, whatever was fetched before (`pack-objects` looks at the edges of a shallow history only for
 * thin packs).
 */
export function thinPacks(http: HttpClient): HttpClient {
  let offered = false
  return {
    async request(request: GitHttpRequest): Promise<GitHttpResponse> {
      if (request.method !== 'POST') {
        const answer = await http.request(request)
        const body = await gather(answer.body)
        offered = body.includes(capability)
        return { ...answer, body: one(body) }
      }
      const body = await gather(request.body)
      return http.request({ ...request, body: one(offered ? withCapability(body) : body) })
    },
  }
}

/** The first line of a request for a pack names the capabilities: `LLLLwant ID caps\n`, LLLL its length in hex. */
function withCapability(request: Buffer): Buffer {
  const length = Number.parseInt(request.subarray(0, 4).toString('latin1'), 16)
  const line = request.subarray(4, length).toString('utf8')
  if (!line.startsWith('want ') || line.includes(capability)) return request
  const longer = `${line.trimEnd()} ${capability}\n`
  const size = (Buffer.byteLength(longer) + 4).toString(16).padStart(4, '0')
  return Buffer.concat([Buffer.from(size + longer), request.subarray(length)])
}

async function gather(body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* one(body: Uint8Array): AsyncIterableIterator<Uint8Array> {
  yield body
}
