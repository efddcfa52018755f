import { pathOf, type RouteDeclaration } from '@flotilla/shared/api/route'
import { Agent, fetch, type RequestInit, type Response } from 'undici'
import { ApiError, CliError } from './errors.ts'

export interface Connection {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  readonly token?: string
  readonly insecure: boolean
}

/** Calls the hub's REST API; each refusal is an `ApiError`. */
export interface Client {
  readonly url: string
  call<T>(route: RouteDeclaration, given?: Given): Promise<T>
  /** The `result` of each event of a stream, until it ends or `signal` aborts. */
  stream<T>(route: RouteDeclaration, given: Given, signal: AbortSignal): AsyncGenerator<T>
}

export type Query = Readonly<Record<string, string | readonly string[] | boolean | number | undefined>>

/** What fills a declared route. */
export interface Given {
  /** Of its path. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Query
  readonly body?: unknown
  /** A body of many JSON values, a line each. */
  readonly parts?: readonly unknown[]
}

function search(query: Query): string {
  const parts = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) parts.append(key, String(one))
  }
  const text = parts.toString()
  return text === '' ? '' : `?${text}`
}

interface StreamFailure {
  readonly grpc_code?: number
  readonly message?: string
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    const body = JSON.parse(text) as { code?: number; message?: string; error?: string | StreamFailure }
    // Where a stream was asked for, the refusal is in its form.
    if (typeof body.error === 'object') return new ApiError(body.error.grpc_code ?? 2, body.error.message ?? text)
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

  async function send(route: RouteDeclaration, given: Given = {}, extra?: RequestInit): Promise<Response> {
    const { method } = route
    const headers: Record<string, string> = {}
    if (connection.token) headers['authorization'] = `Bearer ${connection.token}`
    if (method !== 'GET') headers['content-type'] = 'application/json'
    let response: Response
    try {
      response = await fetch(`${connection.url}/api${pathOf(route, given.params)}${search(given.query ?? {})}`, {
        method,
        headers,
        dispatcher,
        ...(method === 'GET'
          ? {}
          : { body: given.parts?.map((part) => JSON.stringify(part)).join('\n') ?? JSON.stringify(given.body ?? {}) }),
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
    async call<T>(route: RouteDeclaration, given?: Given) {
      return (await (await send(route, given)).json()) as T
    },
    async *stream<T>(route: RouteDeclaration, given: Given, signal: AbortSignal) {
      const response = await send(route, given, { signal })
      const decoder = new TextDecoder()
      let rest = ''
      for await (const chunk of response.body ?? []) {
        rest += decoder.decode(chunk as Uint8Array, { stream: true })
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const text = line.startsWith('data:') ? line.slice(5).trim() : line.trim()
          if (text === '' || text.startsWith(':')) continue
          const message = JSON.parse(text) as { result?: T; error?: StreamFailure }
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
