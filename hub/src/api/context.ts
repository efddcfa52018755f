import type { FastifyRequest } from 'fastify'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { Clock, Random } from '@flotilla/shared/lang/clock'
import type { ApplicationController } from '../applications/controller.ts'
import type { Clusters } from '../applications/clusters.ts'
import type { Access } from '../access/access.ts'
import type { Identity, SessionKeeper } from '../auth/session-keeper.ts'
import type { Fleet } from '../fleet/ports.ts'
import type { Repositories } from '../git/repository.ts'
import type { Transports } from '../git/transport.ts'
import type { Renderer } from '../render/render.ts'
import type { SettingsSource } from '../settings/settings.ts'
import type { Audit } from './audit.ts'
import { declaredRight } from './declared.ts'
import { ApiError, code } from './errors.ts'

/** What the routes work with. */
export interface ApiContext {
  readonly objects: Objects
  readonly controller: ApplicationController
  readonly fleet: Fleet
  readonly clusters: Clusters
  readonly repositories: Repositories
  readonly transports: Transports
  readonly renderer: Renderer
  /** A renderer that reads other repositories. */
  rendererOf(this: void, repositories: Repositories): Renderer
  readonly settings: SettingsSource
  readonly sessions: SessionKeeper
  readonly access: Access
  readonly audit: Audit
  readonly clock: Clock
  readonly random: Random
  readonly version: string
  /** Told of a link of the settings that could not be made. */
  linkFailed(link: string, why: string): void
}

/** The first value of a query key; empty where there is none. */
export function queryOf(request: FastifyRequest, key: string): string {
  const value = (request.query as Record<string, string | string[] | undefined>)[key]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** All values of a query key. */
export function queryList(request: FastifyRequest, key: string): string[] {
  const value = (request.query as Record<string, string | string[] | undefined>)[key]
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

/** A boolean of the query; anything that is none is refused, as Argo CD does. */
export function queryBool(request: FastifyRequest, key: string): boolean | undefined {
  const value = queryOf(request, key)
  if (value === '') return undefined
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw new ApiError(code.invalidArgument, `strconv.ParseBool: parsing "${value}": invalid syntax`)
}

export function param(request: FastifyRequest, key: string): string {
  return (request.params as Record<string, string | undefined>)[key] ?? ''
}

/** The body as an object; nothing sent means an empty one. */
export function bodyOf<T extends object>(request: FastifyRequest): Partial<T> {
  const { body } = request
  return typeof body === 'object' && body !== null ? (body as Partial<T>) : {}
}

/** The token of a request, wherever clients put it. */
export function tokenOf(request: FastifyRequest): string | undefined {
  const jwt = (text: string | undefined): string | undefined => (text?.split('.').length === 3 ? text : undefined)
  const metadata = request.headers['grpc-metadata-token'] ?? request.headers['token']
  if (typeof metadata === 'string') return metadata
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (jwt(bearer)) return bearer
  const cookie = /(?:^|;\s*)argocd\.token=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  return jwt(cookie && unescaped(cookie))
}

/** Undefined where it is no escaped text. */
export function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Who asks; a refusal where nobody does. */
export async function identify(context: ApiContext, request: FastifyRequest): Promise<Identity> {
  const token = tokenOf(request)
  if (!token) throw new ApiError(code.unauthenticated, 'no session information')
  const identity = await context.sessions.verify(token)
  if (!identity) throw new ApiError(code.unauthenticated, 'invalid session: token is invalid or has expired')
  return identity
}

export function allowed(context: ApiContext, who: Identity, resource: string, action: string, object: string): boolean {
  return context.access.allows(who, resource, action, object)
}

/**
 * Refuses what the route of a request is not for: the one place where the declared right to an object is asked for. A
 * `part` narrows the action down, as `delete/apps/Deployment/ns/name` does.
 */
export function permit(context: ApiContext, request: FastifyRequest, who: Identity, object: string, part = ''): void {
  const { resource, action } = declaredRight(request)
  request.permitted = true
  enforce(context, who, resource, part === '' ? action : `${action}/${part}`, object)
}

/** Says that a request may go on by another way than the policy, as members of a role may for that role. */
export function granted(request: FastifyRequest): void {
  request.permitted = true
}

/** Whether somebody has the right, that the route of a request is declared to take, to one object. */
export function permits(context: ApiContext, request: FastifyRequest, who: Identity, object: string): boolean {
  const { resource, action } = declaredRight(request)
  return allowed(context, who, resource, action, object)
}

/** Refuses in Argo CD's words what the policy does not allow. For what a route takes beyond its declared right. */
export function enforce(context: ApiContext, who: Identity, resource: string, action: string, object: string): void {
  if (allowed(context, who, resource, action, object)) return
  const at = new Date(who.issuedAt * 1000).toISOString().replace('.000Z', 'Z')
  const what = `${resource}, ${action}, ${object}, sub: ${who.username}, iat: ${at}`
  throw new ApiError(code.permissionDenied, `permission denied: ${what}`)
}
