import type { FastifyInstance } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import type { Application } from '@flotilla/shared/argo/application'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { resolveDestination } from '../applications/spec-check.ts'
import { permitsDestination } from '../projects/permits.ts'
import { specOf } from '../projects/project.ts'
import { deepLinks, type LinkKind } from '../settings/deep-links.ts'
import { askAgent, nameOf } from './agent-question.ts'
import { applicationOf } from './application-access.ts'
import { identify, param, permit, queryOf, type ApiContext } from './context.ts'
import { serve } from './declared.ts'
import { ApiError, code } from './errors.ts'

const managedBy = 'argocd.argoproj.io/managed-by-url'

/** Links from applications, their resources and projects to elsewhere, as argocd-cm writes them. */
export function addLinkRoutes(app: FastifyInstance, context: ApiContext): void {
  const linksOf = (kind: LinkKind, environment: Readonly<Record<string, unknown>>): object => {
    const { cm } = context.settings.current()
    const options = {
      now: () => context.clock.now(),
      failed: (link: string, why: string) => context.linkFailed(link, why),
    }
    const items = deepLinks(cm, kind, environment, options)
    return items.length > 0 ? { items } : {}
  }
  /** What is said of an application: itself, its cluster (none where it goes nowhere), its project. */
  const about = (found: Application) => {
    const project = context.controller.project(found.spec.project || 'default')
    const to = resolveDestination(found, context.clusters)
    const url = found.metadata.annotations?.[managedBy]
    const managed = url && /^https?:\/\//.test(url) ? { managedByURL: url } : {}
    if ('problem' in to) return { application: found, app: found, ...managed }
    const target = { ...to.cluster, namespace: found.spec.destination?.namespace ?? '' }
    const rules = context.controller.rules.of(found.spec.project || 'default')
    if (rules && !permitsDestination(specOf(rules), target)) {
      throw new ApiError(code.unknown, 'error getting destination cluster')
    }
    const { name, server, project: own, labels, annotations } = to.cluster
    const cluster = { name, server, ...(own ? { project: own } : {}), labels, annotations }
    return { application: found, app: found, cluster, ...(project ? { project: unsigned(project) } : {}), ...managed }
  }

  serve(app, routes.links, async (request) => {
    const { app: found } = await applicationOf(context, request, { namespace: queryOf(request, 'namespace') })
    const { project: _project, ...environment } = about(found) as Record<string, unknown>
    const url = context.settings.current().cm['url']
    return linksOf('application.links', { ...(url ? { managedByURL: url } : {}), ...environment })
  })
  serve(app, routes.resourceLinks, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const resource = await askAgent(context, found, {
      type: 'live',
      application: nameOf(found),
      group: queryOf(request, 'group'),
      version: queryOf(request, 'version'),
      kind: queryOf(request, 'kind'),
      namespace: queryOf(request, 'namespace'),
      name: queryOf(request, 'resourceName'),
    })
    return linksOf('resource.links', { ...about(found), resource })
  })
  serve(app, routes.projectLinks, async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    permit(context, request, who, name)
    const project = await context.objects.get(refOf(resources.appProjects, controlNamespace, name))
    return linksOf('project.links', { project: unsigned(project) })
  })
}

/** The tokens of its roles are nobody's business. */
function unsigned(project: KubeObject): object {
  return { ...project, status: {} }
}
