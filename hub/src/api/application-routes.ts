import type { FastifyInstance } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import { annotation } from '@flotilla/shared/argo/annotations'
import type { Application, ApplicationSpec } from '@flotilla/shared/argo/application'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Identity } from '../auth/session-keeper.ts'
import type { ProjectSpec } from '../projects/permits.ts'
import { applicationOf, rbacName } from './application-access.ts'
import { chartsOf } from './charts-of.ts'
import { checkApplication, checkPermissions, checkSources } from './application-check.ts'
import {
  bodyOf,
  enforce,
  identify,
  permit,
  permits,
  queryBool,
  queryList,
  queryOf,
  type ApiContext,
} from './context.ts'
import { withCascade } from './cascade.ts'
import { ApiError, code, permissionDenied, toApiError } from './errors.ts'
import { draftApplication, normalizeSpec, storeApplication } from './application-draft.ts'
import { applyJsonPatch, mergePatched } from './patch.ts'
import { matchesSelector } from './selector.ts'
import { applicationToWire, listToWire, selectFields, storedToWire } from './wire.ts'

const refreshTimeout = 60_000

/** Create, read, update, delete of Applications. */
export function addApplicationRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects, controller } = context
  const kind = { ...resources.applications, namespace: controlNamespace }
  const refTo = (item: Application) =>
    refOf(resources.applications, item.metadata.namespace ?? controlNamespace, item.metadata.name ?? '')

  serve(app, routes.applications, async (request) => {
    const who = await identify(context, request)
    const { revision, items } = await objects.list(kind)
    const projects = [...queryList(request, 'projects'), ...queryList(request, 'project')].filter(Boolean)
    const name = queryOf(request, 'name')
    const repo = queryOf(request, 'repo')
    const selector = matchesSelector(queryOf(request, 'selector'))
    const found = (items as readonly Application[]).filter(
      (item) =>
        !controller.isBroken(item) &&
        (!name || item.metadata.name === name) &&
        (projects.length === 0 || projects.includes(item.spec.project || 'default')) &&
        (!repo || (item.spec.sources ?? [item.spec.source]).some((source) => source?.repoURL === repo)) &&
        selector(item.metadata.labels ?? {}) &&
        permits(context, request, who, rbacName(item)),
    )
    const list = listToWire(
      found.map((item) => applicationToWire(item)),
      revision,
    ) as { items: unknown }
    const fields = queryOf(request, 'fields')
    if (!fields || !list.items) return list
    return { ...(selectFields(list, fields) as object), metadata: { resourceVersion: revision } }
  })

  serve(app, routes.application, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const refresh = queryOf(request, 'refresh')
    const result = refresh ? await refreshed(context, found, refresh === 'hard' ? 'hard' : 'normal') : found
    // As Argo CD does: `fields` is for lists and streams.
    return applicationToWire(result)
  })

  serve(app, routes.createApplication, async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<Application>(request)
    const wanted = draftApplication(body)
    permit(context, request, who, rbacName(wanted))
    await validate(context, wanted, queryBool(request, 'validate') ?? true)
    const existing = await objects.get(refTo(wanted)).catch(ignoreMissing)
    if (!existing) {
      const created = await storeApplication(objects, wanted)
      await context.audit.record(created, who.username, 'ResourceCreated', 'created application')
      return applicationToWire(created)
    }
    if (sameSpec(existing as Application, wanted)) return applicationToWire(existing)
    if (!queryBool(request, 'upsert')) {
      throw new ApiError(
        code.invalidArgument,
        'existing application spec is different, use upsert flag to force update',
      )
    }
    enforce(context, who, 'applications', 'update', rbacName(wanted))
    mayMove(context, who, existing as Application, wanted)
    const updated = await change(context, refTo(wanted), (current) => replaceSpec(current, wanted, true))
    await recordUpdate(context, who, updated)
    return storedToWire(updated)
  })

  serve(app, routes.updateApplication, async (request) => {
    const body = bodyOf<Application>(request)
    const { app: found, who } = await applicationOf(context, request, {
      namespace: body.metadata?.namespace,
    })
    const wanted = {
      ...found,
      metadata: { ...found.metadata, ...body.metadata },
      spec: normalizeSpec(body.spec ?? found.spec),
    }
    mayMove(context, who, found, wanted)
    await validate(context, wanted, queryBool(request, 'validate') ?? true)
    const updated = await change(context, refTo(found), (current) => replaceSpec(current, body as Application, false))
    await recordUpdate(context, who, updated)
    return storedToWire(updated)
  })

  serve(app, routes.updateSpec, async (request) => {
    const { app: found, who } = await applicationOf(context, request)
    const spec = normalizeSpec(bodyOf<ApplicationSpec>(request))
    enforce(context, who, 'applications', 'update', rbacName({ ...found, spec }))
    await validate(context, { ...found, spec }, queryBool(request, 'validate') ?? true)
    mayMove(context, who, found, { ...found, spec })
    const updated = await change(context, refTo(found), (current) => ({ ...current, spec }))
    await recordUpdate(context, who, updated)
    return updated['spec']
  })

  serve(app, routes.patchApplication, async (request) => {
    const body = bodyOf<{ patch: string; patchType: string; appNamespace: string; project: string }>(request)
    const { app: found, who } = await applicationOf(context, request, {
      namespace: body.appNamespace,
      project: body.project,
    })
    const patched = patch(found, body.patchType ?? '', body.patch ?? '')
    if (patched.metadata.name !== found.metadata.name || patched.metadata.namespace !== found.metadata.namespace) {
      throw permissionDenied()
    }
    enforce(context, who, 'applications', 'update', rbacName(patched))
    await validate(context, patched, true)
    // The status belongs to the controller; whoever may patch it does so by the Kubernetes API.
    const updated = await change(context, refTo(found), (current) => {
      const { status: _status, ...next } = patch(current, body.patchType ?? '', body.patch ?? '')
      return { ...next, ...(current.status ? { status: current.status } : {}) } as Application
    })
    await recordUpdate(context, who, updated)
    return storedToWire(updated)
  })

  serve(app, routes.deleteApplication, async (request) => {
    const { app: found, who } = await applicationOf(context, request)
    const cascade = queryBool(request, 'cascade') ?? true
    const policy = queryOf(request, 'propagationPolicy').toLowerCase()
    if (!['', 'foreground', 'background'].includes(policy)) {
      throw new ApiError(code.invalidArgument, `invalid propagation policy: ${queryOf(request, 'propagationPolicy')}`)
    }
    if (policy && !cascade) {
      throw new ApiError(code.invalidArgument, 'cannot set propagation policy when cascading is disabled')
    }
    await change(context, refTo(found), (current) => withCascade(current, cascade, policy))
    await objects.delete(refTo(found)).catch((error: unknown) => {
      // Without its finalizers one that was going anyway is gone by now.
      const { code: answer, message } = toApiError(error)
      throw new ApiError(answer, `error deleting application: ${message}`, { cause: error })
    })
    await context.audit.record(found as unknown as KubeObject, who.username, 'ResourceDeleted', 'deleted application')
    return {}
  })

  const refreshed = async (ctx: ApiContext, found: Application, type: 'normal' | 'hard'): Promise<Application> => {
    const stamp = new Date(ctx.clock.now()).toISOString()
    const annotations = { [annotation.refresh]: type, [annotation.refreshTimestamp]: stamp }
    await objects.patch(refTo(found), { metadata: { annotations } }, { type: 'merge' })
    const key = `${found.metadata.namespace ?? ''}/${found.metadata.name ?? ''}`
    return new Promise((resolve, reject) => {
      const settle = (done: () => void): void => {
        stop()
        cancel()
        done()
      }
      const stop = controller.apps().onChange((changed) => {
        if (changed.key !== key || !changed.previous) return
        if (!changed.object)
          settle(() =>
            reject(new ApiError(code.notFound, `applications.argoproj.io "${found.metadata.name ?? ''}" not found`)),
          )
        else if (
          changed.object.metadata.annotations?.[annotation.refreshTimestamp] !== stamp &&
          changed.previous.metadata.annotations?.[annotation.refresh]
        ) {
          const { object } = changed
          settle(() => resolve(object as Application))
        }
      })
      const cancel = ctx.clock.after(refreshTimeout, () =>
        settle(() => reject(new ApiError(code.deadlineExceeded, 'the agent has not answered the refresh in time'))),
      )
    })
  }
}

const recordUpdate = (context: ApiContext, who: Identity, updated: KubeObject): Promise<void> =>
  context.audit.record(updated, who.username, 'ResourceUpdated', 'updated application spec')

const ignoreMissing = (error: unknown): undefined => {
  if (error instanceof StatusError && error.code === 404) return undefined
  throw error
}

/** Reads, changes and writes until nobody came between. */
export async function change(
  context: ApiContext,
  ref: ReturnType<typeof refOf>,
  apply: (current: Application) => Application,
): Promise<KubeObject> {
  for (let tries = 0; ; tries++) {
    const current = (await context.objects.get(ref)) as Application
    try {
      return await context.objects.update(ref, apply(current) as unknown as KubeObject)
    } catch (error) {
      if (tries > 8 || !(error instanceof StatusError) || error.status.reason !== 'Conflict') throw error
    }
  }
}

function patch(found: Application, type: string, text: string): Application {
  if (type === 'merge') return withMetadata(mergePatched(found, text))
  if (type === 'json' || type === '') return withMetadata(applyJsonPatch(found, text) as object)
  throw new ApiError(code.invalidArgument, `Patch type '${type}' is not supported`)
}

/** A patch may take away what every application has. */
function withMetadata(patched: object): Application {
  const { metadata, spec } = patched as Partial<Application>
  return { ...patched, metadata: metadata ?? {}, spec: spec ?? {} } as Application
}

/** An update takes labels, annotations and finalizers as they are given; a repeated creation adds to the first two. */
function replaceSpec(current: Application, wanted: Application, merge: boolean): Application {
  const given = wanted.metadata ?? {}
  const { labels, annotations, ...kept } = current.metadata
  const texts = (before: Record<string, string> = {}, after: Record<string, string> = {}): Record<string, string> =>
    merge ? { ...before, ...after } : after
  return {
    ...current,
    spec: normalizeSpec(wanted.spec ?? current.spec),
    metadata: {
      ...kept,
      labels: texts(labels, given.labels),
      annotations: texts(annotations, given.annotations),
      finalizers: given.finalizers ?? [],
    },
  }
}

function sameSpec(existing: Application, wanted: Application): boolean {
  const empty = <T extends object>(value: T | undefined): object => value ?? {}
  return (
    deepEqual(normalizeSpec(existing.spec), wanted.spec) &&
    deepEqual(empty(existing.metadata.labels), empty(wanted.metadata.labels)) &&
    deepEqual(empty(existing.metadata.annotations), empty(wanted.metadata.annotations)) &&
    deepEqual(existing.metadata.finalizers ?? [], wanted.metadata.finalizers ?? [])
  )
}

/** What the REST API refuses before anything is stored. */
async function validate(context: ApiContext, app: Application, render: boolean): Promise<void> {
  const project = context.controller.rules.of(app.spec.project || 'default')?.['spec'] as ProjectSpec | undefined
  checkApplication(app, { project, clusters: context.clusters })
  if (render) {
    const charts = (url: string): Promise<unknown> => chartsOf(context, url)
    await checkSources(app, { ...context, project, settings: context.settings.current(), charts })
  }
  if (project) checkPermissions(app, project, context.clusters)
}

/** Moving to another project takes the right to create there and to update here. */
function mayMove(context: ApiContext, who: Identity, from: Application, to: Application): void {
  if ((from.spec.project || 'default') === (to.spec.project || 'default')) return
  enforce(context, who, 'applications', 'create', rbacName(to))
  enforce(context, who, 'applications', 'update', rbacName(from))
}
