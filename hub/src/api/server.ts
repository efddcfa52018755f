import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Server } from 'node:http'
import type { ServerOptions } from 'node:https'
import { jsonSyntaxError } from '@flotilla/shared/lang/go-json-error'
import { isServed } from './declared.ts'
import { ApiError, code, errorBody, streamErrorBody, toApiError } from './errors.ts'

export interface ServerSettings {
  readonly tls?: Pick<ServerOptions, 'cert' | 'key'> | undefined
  /** Routes that stream: their refusals have another shape. */
  isStream(request: FastifyRequest): boolean
  /** Routes whose body is a JSON value a line. */
  inParts(request: FastifyRequest): boolean
  failed(error: unknown, path: string): void
}

const bodyLimit = 64 * 1024 * 1024

/** A server that speaks as Argo CD's gateway does: its JSON dialect, its errors, its plain-text 404. */
export function createServer(settings: ServerSettings): FastifyInstance {
  const options = {
    bodyLimit,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096, caseSensitive: true },
  }
  const app = (settings.tls ? fastify({ ...options, https: settings.tls }) : fastify(options)) as FastifyInstance

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      done(null, settings.inParts(request) ? partsOf(body as string) : JSON.parse(body as string))
    } catch (error) {
      done(new ApiError(code.invalidArgument, jsonSyntaxError(body as string), { cause: error }))
    }
  })

  app.setErrorHandler((error, request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    if ((error as { statusCode?: number }).statusCode === 415) {
      return reply.code(415).type('text/plain').send('Invalid content type\n')
    }
    const refusal = toApiError(error)
    if (refusal.status >= 500) settings.failed(error, path)
    const body = settings.isStream(request) ? streamErrorBody(refusal) : errorBody(refusal)
    return reply.code(refusal.status).type('application/json').send(body)
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    const [status, words] = isServed(path) ? [405, 'Method Not Allowed'] : [404, 'Not Found']
    return reply.code(status).type('text/plain; charset=utf-8').send(`${words}\n`)
  })
  return app
}

function partsOf(body: string): unknown[] {
  return body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown)
}

/** The HTTP server under a Fastify instance, for what needs sockets. */
export function rawServer(app: FastifyInstance): Server {
  return app.server
}
