import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { FaultEffect, Faults, RequestRecord } from './faults.ts'

export interface FaultyOptions {
  readonly faults: Faults
  readonly requests: RequestRecord[]
  /** How many of them are kept at most. */
  readonly remembered: number
  readonly clock: Clock
  /** Who a request is from, as far as its credentials tell at this place. */
  readonly userOf: (request: IncomingMessage) => string
  /** The watches that are open now. */
  readonly watches: Set<ServerResponse>
}

/** Puts faults and the log of requests before an API's listener. */
export function withFaults(listener: RequestListener, options: FaultyOptions): RequestListener {
  const { faults, requests, remembered, clock } = options
  return (request, response) => {
    // With nothing to strike and nothing to remember only watches are of interest, which may be cut.
    if (faults.none && remembered === 0 && !/watch/.test(request.url ?? '')) return listener(request, response)
    const record = {
      at: clock.now(),
      user: options.userOf(request),
      userAgent: request.headers['user-agent'] ?? '',
      ...parseRequest(request),
    }
    if (remembered > 0) remember(requests, record, response, remembered)
    if (record.verb === 'watch') hold(options.watches, response)
    const effects = faults.strike(record, request.url?.split('?', 1)[0])
    const wait = effects.reduce((sum, effect) => sum + (effect.kind === 'delay' ? effect.ms : 0), 0)
    const go = (): void => {
      if (!effects.some((effect) => refuse(effect, record, response))) {
        for (const effect of effects) distort(effect, response)
        listener(request, response)
      }
    }
    const calls = effects.flatMap((effect) => (effect.kind === 'call' ? [effect.call] : []))
    if (calls.length > 0) void callAll(calls, response, go)
    else if (wait > 0) clock.after(wait, go)
    else go()
  }
}

function remember(requests: RequestRecord[], record: RequestRecord, response: ServerResponse, most: number): void {
  const index = requests.push(record) - 1
  response.once('close', () => {
    if (requests[index] === record) requests[index] = { ...record, status: response.statusCode }
  })
  if (requests.length > most) requests.splice(0, most / 2)
}

async function callAll(
  calls: readonly (() => Promise<'serve' | 'drop'>)[],
  response: ServerResponse,
  go: () => void,
): Promise<void> {
  for (const call of calls) if ((await call()) === 'drop') return void response.socket?.destroy()
  go()
}

function hold(watches: Set<ServerResponse>, response: ServerResponse): void {
  watches.add(response)
  response.once('close', () => watches.delete(response))
}

const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch' }

/** Verb and resource of a request, as authorization sees them; an empty resource for other paths. */
export function parseRequest({
  method = 'GET',
  url = '/',
}: Pick<IncomingMessage, 'method' | 'url'>): Pick<
  RequestRecord,
  'verb' | 'resource' | 'subresource' | 'namespace' | 'name'
> {
  const { pathname, searchParams } = new URL(url, 'https://cluster')
  const [root, ...parts] = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const group = root === 'apis' ? (parts.shift() ?? '') : ''
  parts.shift()
  const none = { verb: method.toLowerCase(), resource: '', subresource: '', namespace: '', name: '' }
  if ((root !== 'api' && root !== 'apis') || parts.length === 0) return none
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize'
  const namespace = inNamespace ? (parts[1] ?? '') : ''
  const [plural = '', name = '', subresource = ''] = inNamespace ? parts.slice(2) : parts
  const watching = ['true', '1'].includes(searchParams.get('watch') ?? '')
  const reading = name === '' ? (watching ? 'watch' : 'list') : watching ? 'watch' : 'get'
  const verb = method === 'DELETE' ? (name === '' ? 'deletecollection' : 'delete') : (verbs[method] ?? reading)
  return { verb, resource: group === '' ? plural : `${plural}.${group}`, subresource, namespace, name }
}

/** Answers in the API's place, where the effect is a refusal. */
function refuse(effect: FaultEffect, record: RequestRecord, response: ServerResponse): boolean {
  const what = `${record.resource} "${record.name}"`
  switch (effect.kind) {
    case 'error':
      answer(
        response,
        effect.code,
        effect.reason ?? 'InternalError',
        effect.message ?? 'injected fault',
        effect.retryAfterSeconds,
      )
      return true
    case 'conflict':
      answer(
        response,
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${what}: the object has been modified; please apply your changes to the latest version and try again`,
      )
      return true
    case 'deny':
      answer(
        response,
        403,
        'Forbidden',
        `${what} is forbidden: User "${record.user}" cannot ${record.verb} resource "${record.resource}"`,
      )
      return true
    case 'gone': {
      const status = statusOf(410, 'Expired', 'The resourceVersion for the provided watch is too old.')
      if (record.verb !== 'watch') answer(response, 410, 'Expired', 'The provided continue parameter is too old')
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
      return true
    }
    case 'reset':
      if (effect.afterBytes !== undefined) return false
      response.socket?.destroy()
      return true
    default:
      return false
  }
}

function statusOf(code: number, reason: string, message: string): Record<string, unknown> {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
}

function answer(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  retryAfterSeconds?: number,
): void {
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  response
    .writeHead(code, { 'content-type': 'application/json', ...retry })
    .end(JSON.stringify(statusOf(code, reason, message)))
}

/** Lets the API answer, but not as it meant to. */
function distort(effect: FaultEffect, response: ServerResponse): void {
  const write = response.write.bind(response) as (chunk: string | Uint8Array) => boolean
  const end = response.end.bind(response) as (chunk?: string | Uint8Array) => ServerResponse
  const replace = (
    onWrite: (chunk: string | Uint8Array) => boolean,
    onEnd: (chunk?: string | Uint8Array) => ServerResponse,
  ): void => {
    response.write = ((chunk: string | Uint8Array) => onWrite(chunk)) as typeof response.write
    response.end = ((chunk?: string | Uint8Array | (() => void)) =>
      onEnd(typeof chunk === 'function' ? undefined : chunk)) as typeof response.end
  }
  if (effect.kind === 'garbage') {
    replace((chunk) => write(chunk) && write(effect.text), end)
  } else if (effect.kind === 'silence') {
    replace(
      () => true,
      () => response,
    )
  } else if (effect.kind === 'reset') {
    let left = effect.afterBytes ?? 0
    const cut = (chunk: string | Uint8Array | undefined): boolean => {
      const bytes = Buffer.from(chunk ?? '')
      write(bytes.subarray(0, left))
      left -= bytes.length
      if (left <= 0) setImmediate(() => response.socket?.destroy())
      return true
    }
    replace(cut, (chunk) => (cut(chunk) ? response : end()))
  } else if (effect.kind === 'partial') {
    const chunks: Buffer[] = []
    replace(
      (chunk) => chunks.push(Buffer.from(chunk)) > 0,
      (chunk) => {
        if (chunk !== undefined) chunks.push(Buffer.from(chunk))
        if (!response.headersSent) response.removeHeader('content-length')
        return end(shortened(Buffer.concat(chunks), effect.items))
      },
    )
    const writeHead = response.writeHead.bind(response) as (
      code: number,
      headers?: Record<string, unknown>,
    ) => ServerResponse
    response.writeHead = ((code: number, headers?: Record<string, unknown>) => {
      const kept = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-length')
      return writeHead(code, Object.fromEntries(kept))
    }) as typeof response.writeHead
  }
}

function shortened(body: Buffer, items: number): Buffer {
  try {
    const list = JSON.parse(body.toString()) as { items?: unknown[] }
    if (!Array.isArray(list.items)) return body
    return Buffer.from(JSON.stringify({ ...list, items: list.items.slice(0, items) }))
  } catch {
    return body
  }
}
