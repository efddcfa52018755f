import type { FastifyRequest } from 'fastify'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Application } from '@flotilla/shared/argo/application'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { Identity } from '../auth/session-keeper.ts'
import { allowed, identify, param, permit, queryOf, type ApiContext } from './context.ts'
import { declaredRight } from './declared.ts'
import { ApiError, code, permissionDenied } from './errors.ts'

/** How RBAC names an application. */
export function rbacName(app: Application): string {
  const { namespace, name } = app.metadata
  const project = app.spec.project || 'default'
  return namespace && namespace !== controlNamespace
    ? `${project}/${namespace}/${name ?? ''}`
    : `${project}/${name ?? ''}`
}

interface Given {
  /** Where it is not in the path. */
  readonly name?: string | undefined
  readonly project?: string | undefined
  readonly namespace?: string | undefined
  /** Narrows the declared action down. */
  readonly part?: string
}

interface Found {
  readonly app: Application
  readonly who: Identity
}

/** The application that a request is about, to those who may do to it what the route is declared for. */
export async function applicationOf(context: ApiContext, request: FastifyRequest, given: Given = {}): Promise<Found> {
  const { action } = declaredRight(request)
  const found = await find(context, request, given.part ? `${action}/${given.part}` : action, given)
  permit(context, request, found.who, rbacName(found.app), given.part)
  return withProject(context, found)
}

/** The application that a request is about, to those who may see it: the declared right is still to be asked for. */
export async function readableApplication(
  context: ApiContext,
  request: FastifyRequest,
  given: Given = {},
): Promise<Found> {
  return withProject(context, await find(context, request, 'get', given))
}

/** One that does not exist is 403 without a project and 404 with it, so that names cannot be guessed. */
async function find(context: ApiContext, request: FastifyRequest, action: string, given: Given): Promise<Found> {
  const name = given.name ?? param(request, 'name')
  const who = await identify(context, request)
  const project = given.project ?? (queryOf(request, 'project') || queryOf(request, 'projects'))
  const namespace = (given.namespace ?? queryOf(request, 'appNamespace')) || controlNamespace
  if (project && !allowed(context, who, 'applications', action, `${project}/${name}`)) throw permissionDenied()
  let app: Application
  try {
    app = (await context.objects.get(refOf(resources.applications, namespace, name))) as Application
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 404) throw error
    if (!project) throw permissionDenied()
    throw new ApiError(code.notFound, `applications.argoproj.io "${name}" not found`)
  }
  const own = app.spec.project || 'default'
  if (project && project !== own) throw new ApiError(code.notFound, `applications.argoproj.io "${name}" not found`)
  if (!allowed(context, who, 'applications', 'get', rbacName(app))) throw permissionDenied()
  return { app, who }
}

function withProject(context: ApiContext, found: Found): Found {
  const own = found.app.spec.project || 'default'
  if (context.controller.project(own)) return found
  throw new ApiError(code.invalidArgument, `app is not allowed in project "${own}", or the project does not exist`)
}
