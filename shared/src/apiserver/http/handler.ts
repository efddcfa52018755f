import type { IncomingMessage, ServerResponse } from 'node:http'
import { dump } from 'js-yaml'
import { dictionary } from '../../lang/dictionary.ts'
import { sleep } from '../../lang/rest.ts'
import type { ApiServerOptions, RequestInfo } from '../api-server.ts'
import type { DetailedObjects } from '../create-objects.ts'
import { forbidden, internal, methodNotAllowed, noSuchResource } from '../errors.ts'
import type { Machine } from '../hooks.ts'
import { StatusError } from '../status-error.ts'
import { serveNonResource } from './non-resource.ts'
import type { Answer } from './answer.ts'
import { isPretty, isWatch } from './answer.ts'
import { joined } from './list-text.ts'
import { writePieces } from './pieces.ts'
import { parseApiPath } from './path.ts'
import type { ApiPath } from './path.ts'
import { serveResource } from './serve-resource.ts'
import { warn } from './warning-headers.ts'

const verbs: Readonly<Record<string, string>> = dictionary({
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  GET: 'get',
  HEAD: 'get',
  DELETE: 'delete',
})

function verbOf(method: string, path: ApiPath | undefined, query: URLSearchParams): string {
  if (!path) return method.toLowerCase()
  if (path.name === undefined) {
    if (method === 'GET') return isWatch(query) ? 'watch' : 'list'
    if (method === 'DELETE') return 'deletecollection'
  }
  return verbs[method] ?? method.toLowerCase()
}

/** A list or watch of one object by its name counts as a request for that object. */
function selectedName(query: URLSearchParams): string {
  const terms = (query.get('fieldSelector') ?? '').split(',')
  const named = terms.flatMap((term) => /^\s*metadata\.name\s*==?\s*([^!=]+?)\s*$/.exec(term)?.[1] ?? [])
  return named.length === 1 ? (named[0] ?? '') : ''
}

/** The HTTP side of the API. */
export function createHandler(machine: Machine, objects: DetailedObjects, options: ApiServerOptions) {
  const prefix = options.prefix ?? ''
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = machine.clock.now()
    const url = new URL(request.url ?? '/', 'http://localhost')
    const pathname = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) || '/' : url.pathname
    let info: RequestInfo | undefined
    try {
      const path = parseApiPath(pathname)
      if (path?.watch) url.searchParams.set('watch', 'true')
      const actor = await options.authenticate(request)
      const method = request.method ?? 'GET'
      info = {
        verb: verbOf(method, path, url.searchParams),
        method,
        path: pathname,
        group: path?.group ?? '',
        version: path?.version ?? '',
        resource: path?.resource ?? '',
        subresource: path?.subresource ?? '',
        namespace: path ? path.namespace || (path.resource === 'namespaces' ? (path.name ?? '') : '') : '',
        name: path?.name ?? (method === 'GET' && path ? selectedName(url.searchParams) : ''),
        isResource: path !== undefined,
        actor,
        userAgent: request.headers['user-agent'] ?? '',
      }
      if (await faulted(machine, options, info, response)) return
      const decision = await options.authorize(info)
      if (!decision.allowed) throw denied(info, decision.reason)
      const answer = path
        ? await serveResource({ machine, objects, options, info, path, url, request, response })
        : await serveNonResource(machine, options, pathname, request)
      if (answer.pieces) await writePieces(response, answer.pieces, answer.warnings)
      else if (!answer.done) write(response, answer, url.searchParams)
    } catch (error) {
      writeError(response, error)
    } finally {
      if (info && options.log)
        options.log({ info, code: response.statusCode, milliseconds: machine.clock.now() - started })
    }
  }
}

async function faulted(
  machine: Machine,
  options: ApiServerOptions,
  info: RequestInfo,
  response: ServerResponse,
): Promise<boolean> {
  const fault = await options.fault?.(info)
  if (!fault) return false
  if (fault.kind === 'status')
    throw new StatusError(
      fault.code,
      fault.reason,
      fault.message,
      fault.retryAfterSeconds === undefined ? undefined : { retryAfterSeconds: fault.retryAfterSeconds },
    )
  if (fault.kind === 'delay') {
    await sleep(machine.clock, fault.milliseconds)
    return false
  }
  if (fault.kind === 'reset') response.destroy()
  else response.writeHead(200, { 'content-type': 'application/json' }).end(fault.text)
  return true
}

/** 403 of a request that the authorizer does not allow. */
function denied(info: RequestInfo, reason: string | undefined): StatusError {
  const because = reason ? `: ${reason}` : ''
  const { user } = info.actor
  if (!info.isResource)
    return new StatusError(
      403,
      'Forbidden',
      `forbidden: User ${JSON.stringify(user)} cannot ${info.verb} path ${JSON.stringify(info.path)}${because}`,
      {},
    )
  const what = `${info.resource}${info.subresource === '' ? '' : `/${info.subresource}`}`
  const scope =
    info.namespace !== '' && info.resource !== 'namespaces'
      ? ` in the namespace ${JSON.stringify(info.namespace)}`
      : info.resource === 'namespaces' && info.namespace !== ''
        ? ` in the namespace ${JSON.stringify(info.namespace)}`
        : ' at the cluster scope'
  return forbidden(
    { group: info.group, plural: info.resource },
    info.name,
    `User ${JSON.stringify(user)} cannot ${info.verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(info.group)}${scope}${because}`,
  )
}

function write(response: ServerResponse, answer: Answer, query: URLSearchParams): void {
  warn(response, answer.warnings)
  if (answer.text !== undefined) {
    response.writeHead(answer.code, { 'content-type': 'text/plain; charset=utf-8' }).end(answer.text)
    return
  }
  response.setHeader('cache-control', 'no-cache, private')
  if (answer.yaml) {
    response
      .writeHead(answer.code, { 'content-type': 'application/yaml' })
      .end(dump(answer.body, { noRefs: true, sortKeys: true, seqNoIndent: true, quoteStyle: 'double' }))
    return
  }
  const text = answer.json ?? (isPretty(query) ? JSON.stringify(answer.body, null, 2) : JSON.stringify(answer.body))
  const body = answer.bytes ?? joined([text, '\n'])
  const contentType = answer.contentType ?? 'application/json'
  response.writeHead(answer.code, { 'content-type': contentType, 'content-length': body.length }).end(body)
}

function writeError(response: ServerResponse, error: unknown): void {
  const status = (
    error instanceof StatusError ? error : internal(error instanceof Error ? error.message : String(error))
  ).status
  if (response.headersSent) {
    response.end()
    return
  }
  const retry = status.details?.retryAfterSeconds
  if (retry !== undefined) response.setHeader('retry-after', String(retry))
  const body = Buffer.from(`${JSON.stringify(status)}\n`)
  response.writeHead(status.code, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

export { methodNotAllowed, noSuchResource }
