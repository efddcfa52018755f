import { Agent, fetch, type RequestInit, type Response } from 'undici'
import { ApiError, CliError } from './errors.ts'

export interface Connection {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  readonly token?: string
  readonly insecure: boolean
}

export type Json = Record<string, unknown>

/** Calls the hub's REST API; each refusal is an `ApiError`. */
export interface Client {
  readonly url: string
  get<T>(path: string, query?: Query): Promise<T>
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, query?: Query): Promise<T>
  text(path: string, query?: Query): Promise<string>
  /** The `result` of each event of a stream, until it ends or `signal` aborts. */
  stream<T>(path: string, query: Query, signal: AbortSignal): AsyncGenerator<T>
}

export type Query = Readonly<Record<string, string | readonly string[] | boolean | number | undefined>>

function search(query: Query): string {
  const parts = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) parts.append(key, String(one))
  }
  const text = parts.toString()
  return text === '' ? '' : `?${text}`
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    const body = JSON.parse(text) as { code?: number; message?: string; error?: string }
    return new ApiError(body.code ?? 2, body.message ?? body.error ?? text)
  } catch {
    return new ApiError(response.status === 404 ? 12 : 2, `${response.status} ${text.trim()}`)
  }
}

/** Makes a client of one hub. */
export function createClient(connection: Connection): Client {
  const dispatcher = new Agent({
    connect: { rejectUnauthorized: !connection.insecure },
    bodyTimeout: 0,
    headersTimeout: 120_000,
  })

  async function call(
    method: string,
    path: string,
    query: Query,
    body?: unknown,
    extra?: RequestInit,
  ): Promise<Response> {
    const headers: Record<string, string> = {}
    if (connection.token) headers['authorization'] = `Bearer ${connection.token}`
    if (method !== 'GET') headers['content-type'] = 'application/json'
    let response: Response
    try {
      response = await fetch(`${connection.url}/api${path}${search(query)}`, {
        method,
        headers,
        dispatcher,
        ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
        ...extra,
      })
    } catch (error) {
      const cause = (error as { cause?: Error }).cause ?? (error as Error)
      throw new CliError(`cannot reach the hub at ${connection.url}: ${cause.message || String(cause)}${hint(cause)}`)
    }
    if (!response.ok) throw await refusal(response)
    return response
  }

  return {
    url: connection.url,
    async get<T>(path: string, query: Query = {}) {
      return (await (await call('GET', path, query)).json()) as T
    },
    async send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, query: Query = {}) {
      return (await (await call(method, path, query, body)).json()) as T
    },
    async text(path, query = {}) {
      return await (await call('GET', path, query)).text()
    },
    async *stream<T>(path: string, query: Query, signal: AbortSignal) {
      const response = await call('GET', path, query, undefined, { signal })
      const decoder = new TextDecoder()
      let rest = ''
      for await (const chunk of response.body ?? []) {
        rest += decoder.decode(chunk as Uint8Array, { stream: true })
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const text = line.startsWith('data:') ? line.slice(5).trim() : line.trim()
          if (text === '' || text.startsWith(':')) continue
          const message = JSON.parse(text) as { result?: T; error?: { grpc_code?: number; message?: string } }
          if (message.error) throw new ApiError(message.error.grpc_code ?? 2, message.error.message ?? 'stream failed')
          if (message.result !== undefined) yield message.result
        }
      }
    },
  }
}

function hint(cause: Error): string {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  if (code.includes('CERT') || code.includes('SELF_SIGNED')) {
    return ' (its certificate is not trusted here: use --insecure if it is your own hub)'
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') return ' (it speaks plain HTTP: use --plaintext)'
  return ''
}
