import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { specOf, tokensOf, withTokens, type RoleToken } from '../projects/project.ts'
import { validateProject } from '../projects/validate.ts'
import { bodyOf, granted, identify, param, permit, queryOf, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'

/** Tokens that speak for a role of a project. */
export function addRoleTokenRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const change = async (name: string, apply: (project: KubeObject) => KubeObject): Promise<KubeObject> => {
    const ref = refOf(resources.appProjects, controlNamespace, name)
    for (let tries = 0; ; tries++) {
      const project = await objects.get(ref)
      try {
        return await objects.update(ref, apply(project))
      } catch (error) {
        if (tries > 8 || !(error instanceof StatusError) || error.status.reason !== 'Conflict') throw error
      }
    }
  }
  const begin = async (request: FastifyRequest) => {
    const who = await identify(context, request)
    const name = param(request, 'project')
    const role = param(request, 'role')
    const ref = refOf(resources.appProjects, controlNamespace, name)
    const project = await objects.get(ref).catch((error: unknown) => {
      permit(context, request, who, name)
      throw error
    })
    const spec = specOf(project)
    const found = spec.roles?.find((each) => each.name === role)
    // Members of a role may issue tokens for it.
    if (found?.groups?.some((group) => who.groups.includes(group))) granted(request)
    else permit(context, request, who, name)
    validateProject(name, spec, 'error validating project: ')
    return { who, name, role, found }
  }

  serve(app, routes.createRoleToken, async (request) => {
    const { who, name, role, found } = await begin(request)
    if (!found) throw new ApiError(code.notFound, `project '${name}' does not have role '${role}'`)
    const body = bodyOf<{ id: string; expiresIn: number | string }>(request)
    if (body.id && found.jwtTokens?.some((token) => token.id === body.id)) {
      const message = `rpc error: code = InvalidArgument desc = Token id '${body.id}' has been used. `
      throw new ApiError(code.invalidArgument, message)
    }
    const id = body.id || context.random.uuid()
    const seconds = Number(body.expiresIn ?? 0)
    const iat = Math.floor(context.clock.now() / 1000)
    const token: RoleToken = { iat, ...(seconds > 0 ? { exp: iat + seconds } : {}), id }
    const updated = await change(name, (project) =>
      withTokens(project, { role, tokens: [token, ...tokensOf(project, role)] }),
    )
    await context.audit.record(updated, who.username, 'ResourceCreated', 'created token')
    return { token: await context.sessions.issue(`proj:${name}:${role}`, seconds > 0 ? seconds : undefined, id) }
  })

  serve(app, routes.deleteRoleToken, async (request) => {
    const { who, name, role, found } = await begin(request)
    if (!found) return {}
    const id = queryOf(request, 'id')
    const iat = Number(param(request, 'iat'))
    const keep = (token: RoleToken): boolean => (id ? token.id !== id : token.iat !== iat)
    const updated = await change(name, (project) =>
      withTokens(project, { role, tokens: tokensOf(project, role).filter(keep) }),
    )
    await context.audit.record(updated, who.username, 'ResourceDeleted', 'deleted token')
    return {}
  })
}
