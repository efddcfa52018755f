import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Compile, type Validator } from 'typebox/compile'
import type { TSchema } from 'typebox'
import type { Right, RouteDeclaration } from '@flotilla/shared/api/route'
import { routes } from '@flotilla/shared/api/routes'
import { ApiError, code } from './errors.ts'
import { goMistype } from './go-mistype.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    declaration?: RouteDeclaration
  }
  interface FastifyRequest {
    /** Whether the declared right was asked for; nothing is answered before. */
    permitted: boolean
  }
}

const prefix = '/api'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

/** Serves one route of the REST API where, and to whom, it is declared to be. */
export function serve(app: FastifyInstance, declaration: RouteDeclaration, handler: Handler): void {
  const { method, path } = declaration
  app.route({ method, url: `${prefix}${path}`, config: { declaration }, handler })
}

const paths: readonly RegExp[] = Object.values(routes).map(({ path }) => {
  const pattern = path.replace(/:\w+/g, '[^/]+').replace(/\*$/, '.*')
  return new RegExp(`^${prefix}${pattern}$`)
})

/** Whether a path is one of the REST API's, by whatever method. */
export function isServed(path: string): boolean {
  return paths.some((pattern) => pattern.test(path))
}

/** The declaration of a request's route; undefined where it is none of the REST API's. */
export function declarationOf(request: FastifyRequest): RouteDeclaration | undefined {
  return request.routeOptions.config.declaration
}

/** The right that a request's route is declared to take. */
export function declaredRight(request: FastifyRequest): Right {
  const permission = declarationOf(request)?.permission
  if (permission?.kind === 'rbac' || permission?.kind === 'each') return permission
  throw new Error(`${request.method} ${request.url}: its route is declared to take no right`)
}

/** Fails where an answer would leave that nobody asked the policy about. */
export function assertPermitted(request: FastifyRequest): void {
  if (declarationOf(request)?.permission.kind !== 'rbac' || request.permitted) return
  throw new Error(`${request.method} ${request.routeOptions.url ?? ''} answers without having asked the policy`)
}

/**
 * Holds every route to its declaration: who is not signed in gets no further than to the public ones, a body that is not
 * what it should be is refused with the field that is wrong, and no answer leaves for which the declared right was not
 * asked for. A route that is not declared cannot be added.
 */
export function holdToDeclarations(
  app: FastifyInstance,
  identify: (request: FastifyRequest) => Promise<unknown>,
): void {
  const checks = new Map<RouteDeclaration, Check>()
  for (const route of Object.values<RouteDeclaration>(routes)) if (route.body) checks.set(route, checkOf(route.body))
  app.decorateRequest('permitted', false)
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith(`${prefix}/v`) || route.config?.declaration) return
    throw new Error(`${String(route.method)} ${route.url} is not declared in shared/src/api`)
  })
  app.addHook('onRequest', async (request) => {
    const declaration = declarationOf(request)
    if (declaration && declaration.permission.kind !== 'public') await identify(request)
  })
  app.addHook('preHandler', async (request) => {
    const declaration = declarationOf(request)
    const problem = declaration && checks.get(declaration)?.(request.body)
    if (problem !== undefined) throw new ApiError(code.invalidArgument, problem)
  })
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (reply.statusCode < 400) assertPermitted(request)
    return payload
  })
}

/** The routes that were declared and that nobody serves. */
export function unserved(app: FastifyInstance): string[] {
  return Object.values<RouteDeclaration>(routes)
    .filter((route) => !app.hasRoute({ method: route.method, url: `${prefix}${route.path}` }))
    .map((route) => `${route.method} ${route.path}`)
}

type Check = (body: unknown) => string | undefined

function checkOf(schema: TSchema): Check {
  // Of all routes few are ever asked for, and a check takes much room.
  let made: Validator | undefined
  return (body) => {
    if (body === undefined || body === null || body === '') return undefined
    if (typeof body !== 'object' || Array.isArray(body)) {
      return goMistype(schema, body) ?? 'the body must be a JSON object'
    }
    const plain = withoutNulls(body)
    const compiled = (made ??= Compile(schema))
    if (compiled.Check(plain)) return undefined
    const told = goMistype(schema, plain)
    if (told !== undefined) return told
    const [first] = compiled.Errors(plain)
    const field = (first?.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.')
    return `${field === '' ? 'the body' : field} ${first?.message ?? 'is not what it should be'}`
  }
}

/** As in Go, null says no more than nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
      each === null ? [] : [[key, withoutNulls(each)]],
    ),
  )
}
