import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { ApplicationSetSpec } from '@flotilla/shared/argo/application-set'
import { toOpenApi } from '@flotilla/shared/argo/open-api'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { misfit } from '@flotilla/shared/argo/served'
import type { Application } from '@flotilla/shared/argo/application'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ApplicationSetController } from '../application-sets/controller.ts'
import type { ApplicationSet } from '../application-sets/types.ts'
import { projectOfSet, rbacNameOfSet } from './application-set-access.ts'
import { eventsAbout } from './audit.ts'
import {
  bodyOf,
  enforce,
  identify,
  param,
  permit,
  permits,
  queryBool,
  queryList,
  queryOf,
  type ApiContext,
} from './context.ts'
import { previewSet, refuseUnrecognized } from './application-set-preview.ts'
import { ApiError, code, permissionDenied } from './errors.ts'
import { withRequired } from './go-zero.ts'
import { matchesSelector } from './selector.ts'
import { applicationToWire, listToWire, withoutKind } from './wire.ts'

/** ApplicationSets: list, create, read, delete, and what one would generate. */
export function addApplicationSetRoutes(
  app: FastifyInstance,
  context: ApiContext,
  controller: ApplicationSetController,
): void {
  const { objects } = context
  const preview = (set: ApplicationSet) => controller.preview(set)
  const kind = { ...resources.applicationSets, namespace: controlNamespace }
  const refTo = (name: string) => refOf(resources.applicationSets, controlNamespace, name)
  const read = async (request: FastifyRequest, failing: string): Promise<KubeObject> => {
    const who = await identify(context, request)
    const name = param(request, 'name')
    const set = await objects.get(refTo(name)).catch(async (error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 404) throw error
      // Names are told to those who may have one of that name somewhere, and cannot be guessed by others.
      const { items } = await objects.list({ ...resources.appProjects, namespace: controlNamespace })
      const may = (project: KubeObject) => permits(context, request, who, `${project.metadata.name ?? ''}/${name}`)
      if (!items.some(may)) throw permissionDenied()
      throw new ApiError(code.notFound, failing.replace('NAME', name))
    })
    permit(context, request, who, rbacNameOfSet(set))
    return set
  }
  const unknownOne = 'error getting ApplicationSet: applicationset.argoproj.io "NAME" not found'

  serve(app, routes.applicationSets, async (request) => {
    const who = await identify(context, request)
    const { revision, items } = await objects.list(kind)
    const projects = queryList(request, 'projects').filter(Boolean)
    const selector = matchesSelector(queryOf(request, 'selector'))
    const found = items.filter(
      (set) =>
        misfit(set) === undefined &&
        (projects.length === 0 || projects.includes(projectOfSet(set))) &&
        selector(set.metadata.labels ?? {}) &&
        permits(context, request, who, rbacNameOfSet(set)),
    )
    return listToWire(found.map(withoutKind), revision)
  })
  serve(app, routes.applicationSet, async (request) => withoutKind(await read(request, unknownOne)))

  serve(app, routes.createApplicationSet, async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<KubeObject>(request)
    const set = draftSet(body)
    if (projectOfSet(set).includes('{{')) {
      const why = 'the Argo CD API does not currently support creating ApplicationSets with templated `project` fields'
      throw new ApiError(code.unknown, `error validating ApplicationSets: ${why}`)
    }
    permit(context, request, who, rbacNameOfSet(set))
    refuseUnrecognized(set as ApplicationSet)
    mustExist(context, projectOfSet(set))
    if (queryBool(request, 'dryRun')) {
      const made = await previewSet(set as ApplicationSet, preview)
      const rows = made.map(({ metadata: { name } }) => ({ name, health: {} }))
      return { ...withoutKind(set), status: { resources: rows } }
    }
    const name = set.metadata.name ?? ''
    const existing = await objects.get(refTo(name)).catch(missing)
    if (!existing) {
      const created = await objects.create(kind, set).catch((error: unknown) => {
        if (!(error instanceof StatusError) || error.status.reason !== 'Invalid') throw error
        throw new ApiError(code.invalidArgument, `error creating ApplicationSet: ${error.message}`, { cause: error })
      })
      await context.audit.record(created, who.username, 'ResourceCreated', 'created ApplicationSet')
      return withoutKind(created)
    }
    const same = deepEqual(existing['spec'], set['spec'])
    if (same) return withoutKind(existing)
    if (!queryBool(request, 'upsert')) {
      const message = 'existing ApplicationSet spec is different, use upsert flag to force update'
      throw new ApiError(code.invalidArgument, message)
    }
    enforce(context, who, 'applicationsets', 'update', rbacNameOfSet(set))
    const { labels, annotations } = set.metadata
    const next = {
      ...existing.metadata,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    }
    const updated = await objects.update(refTo(name), { ...existing, spec: set['spec'], metadata: next })
    await context.audit.record(updated, who.username, 'ResourceUpdated', 'updated ApplicationSets spec')
    return withoutKind(updated)
  })

  serve(app, routes.generate, async (request) => {
    const who = await identify(context, request)
    const { applicationSet } = bodyOf<{ applicationSet: KubeObject }>(request)
    if (!applicationSet) throw new ApiError(code.invalidArgument, 'applicationSet is missing')
    permit(context, request, who, rbacNameOfSet(applicationSet))
    mustExist(context, projectOfSet(applicationSet))
    const { namespace: _own, ...metadata } = draftSet(applicationSet).metadata
    const made = await previewSet({ ...draftSet(applicationSet), metadata } as ApplicationSet, preview)
    return { applications: made.map((each) => applicationToWire(each as unknown as KubeObject)) }
  })

  serve(app, routes.deleteApplicationSet, async (request) => {
    const unknown = 'error getting ApplicationSets: applicationsets.argoproj.io "NAME" not found'
    const set = await read(request, unknown)
    await objects.delete(refTo(set.metadata.name ?? ''))
    return {}
  })

  serve(app, routes.applicationSetTree, async (request) => {
    const set = await read(request, unknownOne)
    const own = [...context.controller.apps().values()].filter((item) =>
      item.metadata.ownerReferences?.some((owner) => owner.uid === set.metadata.uid),
    )
    const parent = {
      group: 'argoproj.io',
      version: 'v1alpha1',
      kind: 'ApplicationSet',
      namespace: controlNamespace,
      name: set.metadata.name,
      uid: set.metadata.uid,
    }
    const nodes = (own as unknown as readonly Application[]).map((item) => ({
      group: 'argoproj.io',
      version: 'v1alpha1',
      kind: 'Application',
      namespace: item.metadata.namespace,
      name: item.metadata.name,
      uid: item.metadata.uid,
      parentRefs: [parent],
      health: { status: item.status?.health?.status ?? 'Unknown' },
    }))
    return nodes.length > 0 ? { nodes } : {}
  })
  serve(app, routes.applicationSetEvents, async (request) => {
    return eventsAbout(objects, await read(request, unknownOne))
  })
}

function mustExist(context: ApiContext, project: string): void {
  if (context.controller.project(project)) return
  throw new ApiError(code.invalidArgument, `ApplicationSet references project ${project} which does not exist`)
}

const specSchema = toOpenApi(ApplicationSetSpec)
const templateSchema = toOpenApi(ApplicationSetSpec.properties.template)
const emptyTemplate = { metadata: {}, spec: { destination: {}, project: '' } }

/** An ApplicationSet as Argo CD's API stores it: every generator has a template of its own, empty as it may be. */
function draftSet(body: Partial<KubeObject>): KubeObject {
  const { status: _status, ...given } = body
  const metadata = { ...body.metadata, namespace: controlNamespace }
  const spec = withRequired(specSchema, (body['spec'] ?? {}) as { generators?: unknown })
  const generators = Array.isArray(spec.generators) ? spec.generators.map(withTemplate) : undefined
  return {
    ...given,
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata,
    spec: withoutEmpty({ ...spec, ...(generators ? { generators } : {}) }),
  }
}

/** An empty list is none, as it is in Go. */
function withoutEmpty<T extends { generators?: unknown }>(spec: T): T {
  if (!Array.isArray(spec.generators) || spec.generators.length > 0) return spec
  const { generators: _none, ...rest } = spec
  return rest as T
}

function withTemplate(generator: unknown): unknown {
  if (typeof generator !== 'object' || generator === null) return generator
  return Object.fromEntries(
    Object.entries(generator).map(([kind, body]: [string, unknown]) => {
      if (kind === 'selector' || typeof body !== 'object' || body === null) return [kind, body]
      const nested = (body as { generators?: unknown }).generators
      const template = withRequired(templateSchema, (body as { template?: object }).template ?? emptyTemplate)
      return [kind, { ...body, ...(Array.isArray(nested) ? { generators: nested.map(withTemplate) } : {}), template }]
    }),
  )
}

const missing = (error: unknown): undefined => {
  if (error instanceof StatusError && error.code === 404) return undefined
  throw error
}
