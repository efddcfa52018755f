import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { isActive } from '@flotilla/shared/engine/sync-window'
import { toOpenApi } from '@flotilla/shared/argo/open-api'
import { AppProjectSpec } from '@flotilla/shared/argo/project'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { misfit } from '@flotilla/shared/argo/served'
import type { Application } from '@flotilla/shared/argo/application'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { resolveDestination } from '../applications/spec-check.ts'
import { permitsDestination, permitsSource } from '../projects/permits.ts'
import { specOf, withNormalPolicies, withTokens, type FullProjectSpec } from '../projects/project.ts'
import { globalProjectsOf } from '../projects/global.ts'
import { validateProject, withTimeZones } from '../projects/validate.ts'
import { eventsAbout } from './audit.ts'
import { bodyOf, enforce, identify, param, permit, permits, queryOf, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'
import { withRequired } from './go-zero.ts'
import { bodyOfSecret, listSecrets, withoutSecrets } from './repository-secrets.ts'
import { projectShape, specIsDifferent } from './spec-difference.ts'
import { listToWire, selectFields, withoutKind } from './wire.ts'

const specSchema = toOpenApi(AppProjectSpec)
const refTo = (name: string) => refOf(resources.appProjects, controlNamespace, name)

/** AppProjects. */
export function addProjectRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const kind = { ...resources.appProjects, namespace: controlNamespace }

  serve(app, routes.projects, async (request) => {
    const who = await identify(context, request)
    const name = queryOf(request, 'name')
    const { items } = await objects.list(kind)
    const found = items
      .filter((item) => (!name || item.metadata.name === name) && misfit(item) === undefined)
      .filter((item) => permits(context, request, who, item.metadata.name ?? ''))
    return selectFields(listToWire(found.map(projectToWire)), queryOf(request, 'fields'))
  })
  const read = async (request: FastifyRequest): Promise<KubeObject> => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    permit(context, request, who, name)
    return objects.get(refTo(name))
  }
  serve(app, routes.project, async (request) => projectToWire(withTokens(await read(request))))
  serve(app, routes.projectDetails, async (request) => {
    const project = await read(request).catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 404) throw error
      const named = param(request, 'name')
      const message = `error getting app project "${named}": appproject.argoproj.io "${named}" not found`
      throw new ApiError(code.notFound, message)
    })
    const name = project.metadata.name ?? ''
    const clusters = context.clusters.all().filter((each) => each.project === name)
    const globalProjects = globals(project)
    const secrets = (await listSecrets(objects, 'repository')).map((secret) => bodyOfSecret(secret, 'repository'))
    const repositories = secrets.filter((body) => body['project'] === name).map(withoutSecrets)
    return {
      ...(globalProjects.length > 0 ? { globalProjects } : {}),
      project: projectToWire(withTokens(project)),
      ...(repositories.length > 0 ? { repositories } : {}),
      ...(clusters.length > 0
        ? { clusters: clusters.map((each) => ({ name: each.name, server: each.server, project: name })) }
        : {}),
    }
  })
  serve(app, routes.projectWindows, async (request) => {
    const now = context.clock.now()
    const open = (specOf(await read(request)).syncWindows ?? []).filter((window) => isActive(window, now) === true)
    return open.length > 0 ? { windows: open } : {}
  })
  const globals = (project: KubeObject): object[] =>
    globalProjectsOf(context.settings.current().cm, project, (name) => context.controller.project(name)).map((each) =>
      projectToWire(withTokens(each)),
    )
  serve(app, routes.globalProjects, async (request) => {
    const items = globals(await read(request))
    return items.length > 0 ? { items } : {}
  })
  serve(app, routes.projectEvents, async (request) => eventsAbout(objects, await read(request)))

  serve(app, routes.createProject, async (request) => {
    const who = await identify(context, request)
    const { project, upsert } = bodyOf<{ project: KubeObject; upsert: boolean }>(request)
    if (!project) throw new ApiError(code.invalidArgument, "missing payload 'project' in request")
    const name = project.metadata?.name ?? ''
    permit(context, request, who, name)
    const wanted = newProject(project)
    const existing = name === '' ? undefined : await objects.get(refTo(name)).catch(missing)
    if (!existing) {
      const created = await objects.create(kind, wanted)
      await context.audit.record(created, who.username, 'ResourceCreated', 'created project')
      return projectToWire(created)
    }
    if (!upsert) {
      const message = specIsDifferent('project', projectShape, existing['spec'], wanted['spec'])
      if (!message.includes('difference in keys')) return projectToWire(existing)
      throw new ApiError(code.invalidArgument, message)
    }
    enforce(context, who, 'projects', 'update', name)
    const updated = await objects.update(refTo(name), { ...existing, spec: wanted['spec'] })
    await context.audit.record(updated, who.username, 'ResourceCreated', 'created project')
    return projectToWire(updated)
  })

  serve(app, routes.updateProject, async (request) => {
    const who = await identify(context, request)
    const { project } = bodyOf<{ project: KubeObject }>(request)
    if (!project) throw new ApiError(code.invalidArgument, "missing payload 'project' in request")
    const name = param(request, 'name')
    permit(context, request, who, name)
    const spec = withRequired(specSchema, withNormalPolicies(specOf(project)))
    validateProject(name, spec)
    const existing = await objects.get(refTo(name))
    const before = specOf(existing)
    const servers = (of: FullProjectSpec): string[] => (of.destinations ?? []).map((each) => each.server ?? '')
    for (const server of difference(servers(spec), servers(before))) enforce(context, who, 'clusters', 'update', server)
    for (const url of difference(spec.sourceRepos ?? [], before.sourceRepos ?? [])) {
      enforce(context, who, 'repositories', 'update', url)
    }
    refuseStranding(context, name, before, spec)
    const { labels, annotations, finalizers, resourceVersion } = project.metadata
    if (!resourceVersion) {
      // Who writes a whole project says which one was read, so that nothing written meanwhile is lost.
      const message = `appprojects.argoproj.io "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`
      throw new ApiError(code.invalidArgument, message)
    }
    const metadata = {
      ...existing.metadata,
      labels: labels ?? {},
      annotations: annotations ?? {},
      finalizers: finalizers ?? [],
      resourceVersion,
    }
    const next = withTokens({ ...existing, metadata, spec: withTimeZones(spec) })
    const updated = await objects.update(refTo(name), next)
    await context.audit.record(updated, who.username, 'ResourceUpdated', 'updated project')
    return projectToWire(updated)
  })

  serve(app, routes.deleteProject, async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    permit(context, request, who, name)
    if (name === 'default') {
      throw new ApiError(code.invalidArgument, "name 'default' is reserved and cannot be deleted")
    }
    const project = await objects.get(refTo(name))
    const users = applicationsOf(context, name)
    if (users.length > 0) {
      throw new ApiError(code.invalidArgument, `project is referenced by ${users.length} applications`)
    }
    await objects.delete(refTo(name))
    await context.audit.record(project, who.username, 'ResourceDeleted', 'deleted project')
    return {}
  })
}

/** A project as it is stored when somebody creates it; a refusal where it cannot be. */
export function newProject(given: KubeObject): KubeObject {
  const spec = withRequired(specSchema, withNormalPolicies(specOf(given)))
  const name = given.metadata?.name ?? ''
  validateProject(name, spec, 'error validating project: ')
  const { labels, annotations, finalizers } = given.metadata ?? {}
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name,
      namespace: controlNamespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
    spec: withTimeZones(spec),
  }
}

export function projectToWire(project: KubeObject): object {
  return { ...withoutKind(project), status: project['status'] ?? {} }
}

/** An update that takes what its applications use is refused. */
function refuseStranding(context: ApiContext, name: string, before: FullProjectSpec, after: FullProjectSpec): void {
  let sources = 0
  let destinations = 0
  for (const item of applicationsOf(context, name)) {
    const url = item.spec.source?.repoURL ?? item.spec.sources?.[0]?.repoURL ?? ''
    if (permitsSource(before, url) && !permitsSource(after, url)) sources++
    const to = resolveDestination(item, context.clusters)
    if ('problem' in to) continue
    const target = { ...to.cluster, namespace: item.spec.destination?.namespace ?? '' }
    if (permitsDestination(before, target) && !permitsDestination(after, target)) destinations++
  }
  const parts = [
    ...(sources > 0 ? [`${sources} applications source became invalid`] : []),
    ...(destinations > 0 ? [`${destinations} applications destination became invalid`] : []),
  ]
  if (parts.length > 0) {
    throw new ApiError(code.invalidArgument, `as a result of project update ${parts.join(' and ')}`)
  }
}

function applicationsOf(context: ApiContext, project: string): Application[] {
  const all = [...context.controller.apps().values()] as unknown as Application[]
  return all.filter((item) => (item.spec.project || 'default') === project)
}

/** What stands in one list and not in the other, from both. */
function difference(a: readonly string[], b: readonly string[]): string[] {
  return [...a.filter((each) => !b.includes(each)), ...b.filter((each) => !a.includes(each))]
}

const missing = (error: unknown): undefined => {
  if (error instanceof StatusError && error.code === 404) return undefined
  throw error
}
