import type { KindInfo } from '@flotilla/shared/engine/compare-types'
import { gvkOf } from '@flotilla/shared/k8s/gvk'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import { sleep } from '@flotilla/shared/lang/rest'
import type { Dispatcher } from 'undici'
import openStream from 'undici/lib/api/api-request.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import type { Connection } from './auth.ts'
import { ApiError, apiError, isTransient } from './errors.ts'
import { linesOf } from './lines.ts'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  /** May be sent again after a broken connection. GETs, PUTs and applies are; creates are not. */
  readonly idempotent?: boolean
  /** As whom: the API server asks whether we may act for them. */
  readonly as?: string | undefined
}

export interface ApiAnswer {
  readonly code: number
  readonly text: string
  /** `Warning` headers of the API server. */
  readonly warnings: readonly string[]
}

/** One API server: any request, with bounded concurrency and retries of what is safe to retry. */
export interface Cluster {
  /** Throws an ApiError on anything but 2xx. */
  request(request: ApiRequest): Promise<ApiAnswer>
  /** A list in chunks, each handed over as it comes; answers the list's resource version. Throws where a chunk fails. */
  list(
    kind: KindInfo,
    options: { readonly namespace?: string; readonly query?: Query; readonly accept?: string },
    take: (objects: readonly KubeObject[]) => void,
  ): Promise<string>
  /**
   * A stream of lines: watches and logs. Ends when the server ends it, throws where it breaks; `opened` is called once the
   * server has taken it.
   */
  stream(path: string, query: Query, signal: AbortSignal, opened?: () => void): AsyncIterable<string>
  close(): Promise<void>
}

export interface ClusterOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly random: Random
  /** Requests in flight. */
  readonly concurrency?: number
}

/** The same API server, asked by somebody else. */
export function actingAs(cluster: Cluster, user: string): Cluster {
  return { ...cluster, request: (request) => cluster.request({ ...request, as: user }) }
}

const attempts = 4
/** So often it is looked up, after failures, whether what the connection was made by has been replaced. */
const renewMs = 5_000

/** A client that keeps its connections, and begins anew where what it was given to connect by has been replaced. */
export function createClusterClient({ connection: first, clock, random, concurrency = 32 }: ClusterOptions): Cluster {
  let line = openLine(first, concurrency)
  let told = ''
  let renewedAt = -Infinity
  let renewing: Promise<boolean> | undefined

  /** After a failure: whether credentials, certificates or the address have been replaced, and are used from now on. */
  function renew(error: unknown): Promise<boolean> {
    const isOwn = !(error instanceof ApiError) || error.code === 401
    if (!isOwn || !line.connection.renew || clock.now() - renewedAt < renewMs) return renewing ?? Promise.resolve(false)
    renewedAt = clock.now()
    renewing = takeAnew().finally(() => (renewing = undefined))
    return renewing
  }

  async function takeAnew(): Promise<boolean> {
    try {
      if (told === '') told = await textOf(line.connection)
      const next = await line.connection.renew?.()
      const text = next && (await textOf(next))
      if (!next || text === told) return false
      const old = line
      told = text ?? ''
      line = openLine(next, concurrency)
      void old.pool.close()
      void old.streams.destroy()
      return true
    } catch {
      return false
    }
  }

  async function once(request: ApiRequest): Promise<ApiAnswer> {
    const { connection, pool, base } = line
    const headers: Record<string, string> = {
      accept: request.accept ?? 'application/json',
      ...(await connection.headers()),
      ...(request.as !== undefined && { 'impersonate-user': request.as }),
    }
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    if (body !== null) headers['content-type'] = request.contentType ?? 'application/json'
    const path = base + withQuery(request.path, request.query)
    const answer = await send(pool, { method: request.method, path, headers, body })
    if (answer.code >= 300) throw apiError(answer.code, answer.text, header(answer.headers['retry-after']))
    return { code: answer.code, text: answer.text, warnings: warningsOf(answer.headers['warning']) }
  }

  async function request(wanted: ApiRequest): Promise<ApiAnswer> {
    const safe = wanted.idempotent ?? (wanted.method === 'GET' || wanted.method === 'PUT')
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(wanted)
      } catch (error) {
        const isUnsent = error instanceof ApiError && error.code === 401
        if ((await renew(error)) && (safe || isUnsent) && attempt < attempts) continue
        const refused = error instanceof ApiError && error.code === 429
        if (attempt >= attempts || !(refused || (safe && isTransient(error)))) throw error
        const told = error instanceof ApiError ? error.retryAfterMs : undefined
        await sleep(clock, Math.min(10_000, told ?? 200 * 2 ** attempt) * (0.5 + random.next()))
      }
    }
  }

  return {
    request,
    async list(kind, { namespace, query, accept }, take) {
      let token: string | undefined
      let version = ''
      do {
        const page = { limit: 500, ...query, ...(token !== undefined && { continue: token }) }
        const path = pathOf(kind, { ...(namespace !== undefined && { namespace }) })
        const answer = await request({ method: 'GET', path, query: page, ...(accept !== undefined && { accept }) })
        const list = JSON.parse(answer.text) as KubeList
        // An API server writes null for the items of an empty list of metadata.
        const items = list.items === null ? [] : list.items
        if (!Array.isArray(items)) throw new ApiError(500, '', `the list of ${kind.resource} has no items`)
        version = list.metadata?.resourceVersion ?? ''
        token = list.metadata?.continue || undefined
        take(items.map((item) => typed(item, kind)))
      } while (token !== undefined)
      return version
    },
    async *stream(path, query, signal, opened) {
      const { connection, streams, base } = line
      const headers = { accept: 'application/json', ...(await connection.headers()) }
      const asked = { method: 'GET', path: base + withQuery(path, query), headers, signal } as const
      const answer = await openStream.call(streams, asked).catch(async (error: unknown) => {
        await renew(error)
        throw error
      })
      if (answer.statusCode >= 300) {
        const error = apiError(answer.statusCode, await answer.body.text(), header(answer.headers['retry-after']))
        await renew(error)
        throw error
      }
      opened?.()
      yield* linesOf(answer.body)
    },
    async close() {
      await Promise.all([line.pool.destroy(), line.streams.destroy()])
    },
  }
}

/** Connections to a server, with what they were opened by. */
interface Line {
  readonly connection: Connection
  readonly pool: Pool
  readonly streams: Pool
  /** A server behind a proxy has a path of its own before the API's. */
  readonly base: string
}

function openLine(connection: Connection, concurrency: number): Line {
  const connect = { ...connection.tls, timeout: 10_000 }
  const { origin, pathname } = new URL(connection.server)
  const pool = new Pool(origin, {
    connections: concurrency,
    connect,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  })
  // A watch holds its connection, so watches have their own. One that is silent is asked by TCP whether it is still there.
  const streams = new Pool(origin, {
    connect: { ...connect, keepAlive: true, keepAliveInitialDelay: 15_000 },
    headersTimeout: 30_000,
    bodyTimeout: 0,
  })
  return { connection, pool, streams, base: pathname.replace(/\/$/, '') }
}

async function textOf(connection: Connection): Promise<string> {
  return JSON.stringify([connection.server, connection.tls, await connection.headers()])
}

interface RawAnswer {
  readonly code: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One request, its answer read whole: without the streams of `request`, which cost more than all else about it. */
function send(pool: Pool, options: Dispatcher.DispatchOptions): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let code = 0
    let headers: RawAnswer['headers'] = {}
    pool.dispatch(options, {
      onRequestStart: () => undefined,
      onResponseStart(_, status, given) {
        code = status
        headers = given
      },
      onResponseData(_, chunk) {
        chunks.push(chunk)
      },
      onResponseEnd() {
        const [first] = chunks
        const bytes = chunks.length === 1 && first ? first : Buffer.concat(chunks)
        resolve({ code, headers, text: bytes.toString() })
      },
      onResponseError: (_, error) => reject(error),
    })
  })
}

interface KubeList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: KubeObject[] | null
}

/** Items of lists come without their kind. */
function typed(item: KubeObject, kind: KindInfo): KubeObject {
  if (item.kind !== undefined && item.apiVersion !== undefined) return item
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  return { ...item, apiVersion, kind: kind.kind }
}

/** The path of a kind, of its objects in a namespace, or of one object. */
export function pathOf(
  kind: Pick<KindInfo, 'group' | 'version' | 'resource' | 'namespaced'>,
  at: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {},
): string {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
  const namespace = kind.namespaced && at.namespace ? `/namespaces/${encodeURIComponent(at.namespace)}` : ''
  const name = at.name === undefined ? '' : `/${encodeURIComponent(at.name)}`
  return `${base}${namespace}/${kind.resource}${name}${at.subresource === undefined ? '' : `/${at.subresource}`}`
}

/** The path of an object, in the version it is written in. */
export function pathOfObject(object: KubeObject, kind: KindInfo, subresource?: string): string {
  return pathOf(
    { ...kind, version: gvkOf(object).version },
    {
      ...(object.metadata.namespace !== undefined && { namespace: object.metadata.namespace }),
      name: object.metadata.name ?? '',
      ...(subresource !== undefined && { subresource }),
    },
  )
}

function withQuery(path: string, query: Query | undefined): string {
  if (!query) return path
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return path
  return `${path}?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function warningsOf(value: string | string[] | undefined): readonly string[] {
  const all = value === undefined ? [] : Array.isArray(value) ? value : [value]
  return all.flatMap((text) =>
    [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, said]) => (said ?? '').replace(/\\(.)/g, '$1')),
  )
}
