import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import type { RouteDeclaration } from '@flotilla/shared/api/route'
import { routes } from '@flotilla/shared/api/routes'
import { ApiError, code } from './errors.ts'

const prefix = '/api'

/** The declaration of a request's route; undefined where it is none of the REST API's. */
export type DeclarationOf = (request: FastifyRequest) => RouteDeclaration | undefined

/**
 * Holds every route to its declaration: who is not signed in gets no further than to the public ones, and a body that is
 * not what it should be is refused with the field that is wrong. A route that is not declared cannot be added.
 */
export function holdToDeclarations(
  app: FastifyInstance,
  identify: (request: FastifyRequest) => Promise<unknown>,
): DeclarationOf {
  const declared = new Map<string, { readonly route: RouteDeclaration; readonly check: Check | undefined }>()
  for (const route of Object.values<RouteDeclaration>(routes)) {
    declared.set(`${route.method} ${prefix}${route.path}`, { route, check: route.body && checkOf(route.body) })
  }
  const of = (request: FastifyRequest) => declared.get(`${request.method} ${request.routeOptions.url ?? ''}`)
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat().filter((method) => method !== 'HEAD' && method !== 'OPTIONS')
    if (!route.url.startsWith(`${prefix}/v`)) return
    for (const method of methods) {
      if (!declared.has(`${method} ${route.url}`))
        throw new Error(`${method} ${route.url} is not declared in shared/src/api`)
    }
  })
  app.addHook('onRequest', async (request) => {
    const found = of(request)
    if (found && found.route.permission.kind !== 'public') await identify(request)
  })
  app.addHook('preHandler', async (request) => {
    const problem = of(request)?.check?.(request.body)
    if (problem !== undefined) throw new ApiError(code.invalidArgument, problem)
  })
  return (request) => of(request)?.route
}

/** The routes that were declared and that nobody serves. */
export function unserved(app: FastifyInstance): string[] {
  return Object.values<RouteDeclaration>(routes)
    .filter((route) => !app.hasRoute({ method: route.method, url: `${prefix}${route.path}` }))
    .map((route) => `${route.method} ${route.path}`)
}

type Check = (body: unknown) => string | undefined

function checkOf(schema: TSchema): Check {
  const compiled = Compile(schema)
  return (body) => {
    if (body === undefined || body === null || body === '') return undefined
    if (typeof body !== 'object' || Array.isArray(body)) return 'the body must be a JSON object'
    const plain = withoutNulls(body)
    if (compiled.Check(plain)) return undefined
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
