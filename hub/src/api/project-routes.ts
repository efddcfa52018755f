import type { FastifyInstance } from 'fastify'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Application } from '@flotilla/shared/argo/application'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { allowed, bodyOf, enforce, identify, param, queryOf, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'
import { listToWire, selectFields, withoutKind } from './wire.ts'

/** AppProjects. */
export function addProjectRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const kind = { ...resources.appProjects, namespace: controlNamespace }
  const refTo = (name: string) => refOf(resources.appProjects, controlNamespace, name)
  const show = (project: KubeObject): object => ({ ...withoutKind(project), status: project['status'] ?? {} })

  app.get('/api/v1/projects', async (request) => {
    const who = await identify(context, request)
    const name = queryOf(request, 'name')
    const { items } = await objects.list(kind)
    const found = items
      .filter((item) => !name || item.metadata.name === name)
      .filter((item) => allowed(context, who, 'projects', 'get', item.metadata.name ?? ''))
    return selectFields(listToWire(found.map(show)), queryOf(request, 'fields'))
  })
  const read = async (request: Parameters<typeof identify>[1]): Promise<KubeObject> => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    enforce(context, who, 'projects', 'get', name)
    return objects.get(refTo(name))
  }
  app.get('/api/v1/projects/:name', async (request) => show(await read(request)))
  app.get('/api/v1/projects/:name/detailed', async (request) => ({ project: show(await read(request)) }))
  app.get('/api/v1/projects/:name/syncwindows', async (request) => {
    const spec = (await read(request))['spec'] as { syncWindows?: unknown[] } | undefined
    return spec?.syncWindows?.length ? { windows: spec.syncWindows } : {}
  })
  for (const part of ['links', 'globalprojects'])
    app.get(`/api/v1/projects/:name/${part}`, async (request) => (await read(request), {}))
  app.get('/api/v1/projects/:name/events', async (request) => (await read(request), { metadata: {}, items: null }))

  app.post('/api/v1/projects', async (request) => {
    const who = await identify(context, request)
    const { project, upsert } = bodyOf<{ project: KubeObject; upsert: boolean }>(request)
    const name = project?.metadata?.name ?? ''
    enforce(context, who, 'projects', 'create', name)
    const spec = project?.['spec'] ?? {}
    const existing = await objects.get(refTo(name)).catch(missing)
    if (existing) {
      if (deepEqual(existing['spec'], spec)) return show(existing)
      if (!upsert) {
        throw new ApiError(code.invalidArgument, 'existing project spec is different; use upsert flag to force update')
      }
      return show(await objects.update(refTo(name), { ...existing, spec }))
    }
    const metadata = { ...project?.metadata, name, namespace: controlNamespace }
    return show(await objects.create(kind, { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata, spec }))
  })
  app.put('/api/v1/projects/:name', async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    enforce(context, who, 'projects', 'update', name)
    const { project } = bodyOf<{ project: KubeObject }>(request)
    const existing = await objects.get(refTo(name))
    return show(await objects.update(refTo(name), { ...existing, spec: project?.['spec'] ?? {} }))
  })
  app.delete('/api/v1/projects/:name', async (request) => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    enforce(context, who, 'projects', 'delete', name)
    if (name === 'default') {
      throw new ApiError(code.invalidArgument, "name 'default' is reserved and cannot be deleted")
    }
    const users = [...context.controller.apps().values()].filter((item) => (item as Application).spec.project === name)
    if (users.length > 0) {
      throw new ApiError(code.invalidArgument, `project is referenced by ${users.length} applications`)
    }
    await objects.delete(refTo(name))
    return {}
  })
}

const missing = (error: unknown): undefined => {
  if (error instanceof StatusError && error.code === 404) return undefined
  throw error
}
