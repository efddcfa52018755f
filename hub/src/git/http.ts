import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git'
import { request as send, type Dispatcher } from 'undici'
import type { RepositoryCredentials } from './credentials.ts'
import { GitError } from './repository.ts'
import type { Transports } from './transport.ts'

export interface HttpLimits {
  readonly headersMs: number
  readonly bodyMs: number
  /** Of one answer. */
  readonly bytes: number
}

export const defaultHttpLimits: HttpLimits = { headersMs: 15_000, bodyMs: 60_000, bytes: 1024 ** 3 }
const redirectLimit = 5

/** Git's HTTP for one repository: its credentials go to its own host and nowhere else. */
export function gitHttp(
  credentials: RepositoryCredentials | undefined,
  limits: HttpLimits,
  transports: Transports,
): HttpClient {
  const authorization = authorizationOf(credentials)
  return {
    async request(request: GitHttpRequest): Promise<GitHttpResponse> {
      const origin = new URL(request.url).origin
      const body = request.body && (await gather(request.body))
      let url = request.url
      for (let hops = 0; hops <= redirectLimit; hops++) {
        const own = new URL(url).origin === origin
        const response = await send(url, {
          dispatcher: transports.to(url, credentials, own),
          method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
          headers: {
            ...request.headers,
            ...(authorization && own ? { authorization } : {}),
          },
          headersTimeout: limits.headersMs,
          bodyTimeout: limits.bodyMs,
          ...(body ? { body } : {}),
        })
        const location = response.headers['location']
        if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== 'string')
          return answer(url, request, response, limits)
        await response.body.dump()
        url = follow(url, location, origin, authorization !== undefined)
      }
      throw new GitError(`${request.url}: too many redirects`, false)
    },
  }
}

function follow(from: string, location: string, origin: string, secret: boolean): string {
  const next = new URL(location, from)
  if (next.protocol !== 'https:' && next.protocol !== 'http:')
    throw new GitError(`redirect to ${next.protocol} refused`, false)
  if (secret && next.origin !== origin)
    throw new GitError(`redirect from ${origin} to ${next.origin} refused: the credentials are for ${origin}`, false)
  return next.href
}

function answer(
  url: string,
  request: GitHttpRequest,
  response: Dispatcher.ResponseData,
  limits: HttpLimits,
): GitHttpResponse {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return {
    url,
    method: request.method ?? 'GET',
    statusCode: response.statusCode,
    statusMessage: String(response.statusCode),
    headers,
    body: limited(response.body, limits.bytes),
  }
}

async function* limited(body: AsyncIterable<Uint8Array>, limit: number): AsyncIterableIterator<Uint8Array> {
  let total = 0
  for await (const chunk of body) {
    total += chunk.length
    if (total > limit) throw new GitError(`the answer is larger than ${limit} bytes`, false)
    yield chunk
  }
}

async function gather(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function authorizationOf(credentials: RepositoryCredentials | undefined): string | undefined {
  if (credentials?.bearerToken) return `Bearer ${credentials.bearerToken}`
  if (!credentials?.username && !credentials?.password) return undefined
  return `Basic ${Buffer.from(`${credentials.username ?? ''}:${credentials.password ?? ''}`).toString('base64')}`
}
