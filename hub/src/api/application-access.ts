import type { FastifyRequest } from 'fastify'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Application } from '@flotilla/shared/argo/application'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { Identity } from '../auth/session-keeper.ts'
import { allowed, enforce, identify, queryOf, type ApiContext } from './context.ts'
import { ApiError, code, permissionDenied } from './errors.ts'

/** How RBAC names an application. */
export function rbacName(app: Application): string {
  const { namespace, name } = app.metadata
  const project = app.spec.project || 'default'
  return namespace && namespace !== controlNamespace
    ? `${project}/${namespace}/${name ?? ''}`
    : `${project}/${name ?? ''}`
}

/**
 * The application that a request is about, and who asks. One that does not exist is 403 without a project and 404 with
 * it, so that names cannot be guessed.
 */
export async function applicationOf(
  context: ApiContext,
  request: FastifyRequest,
  name: string,
  action: string,
  given: { project?: string | undefined; namespace?: string | undefined } = {},
): Promise<{ app: Application; who: Identity }> {
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
  if (action !== 'get' && !allowed(context, who, 'applications', 'get', rbacName(app))) throw permissionDenied()
  if (action === 'get' && !allowed(context, who, 'applications', 'get', rbacName(app))) throw permissionDenied()
  enforce(context, who, 'applications', action, rbacName(app))
  if (!context.controller.project(own)) {
    throw new ApiError(code.invalidArgument, `app is not allowed in project "${own}", or the project does not exist`)
  }
  return { app, who }
}
