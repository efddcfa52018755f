import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { jsonSyntaxError } from '@flotilla/shared/lang/go-json-error'
import { serve } from './declared.ts'
import type { Application } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Query } from '@flotilla/shared/protocol/query'
import { GitError } from '../git/repository.ts'
import { make } from '../applications/desired.ts'
import type { Identity } from '../auth/session-keeper.ts'
import { serverSideDiff } from './server-side-diff.ts'
import { askAgent, nameOf } from './agent-question.ts'
import { applicationOf, rbacName, readableApplication } from './application-access.ts'
import { eventList, eventsAbout, type AuditReason } from './audit.ts'
import { bodyOf, param, permit, queryBool, queryList, queryOf, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'
import { markedManifests } from './marked-manifests.ts'
import { specOf } from '../projects/project.ts'
import { ociProblem, sourceChosen } from './source-choice.ts'
import { windowsOf, windowToWire } from './sync-windows.ts'
import { goJson, selectFields } from './wire.ts'

/** What an application owns, as its agent sees it: tree, manifests, one object, actions, logs, events. */
export function addResourceRoutes(app: FastifyInstance, context: ApiContext): void {
  const ask = (found: Application, query: Query): Promise<unknown> => askAgent(context, found, query)
  const refFrom = (request: FastifyRequest) => ({
    group: queryOf(request, 'group'),
    version: queryOf(request, 'version'),
    kind: queryOf(request, 'kind'),
    namespace: queryOf(request, 'namespace'),
    name: queryOf(request, 'resourceName'),
  })

  serve(app, routes.resourceTree, async (request) => {
    const { app: found } = await applicationOf(context, request)
    return ask(found, { type: 'tree', application: nameOf(found) })
  })
  serve(app, routes.managedResources, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const answer = (await ask(found, { type: 'managed', application: nameOf(found) })) as {
      items?: Record<string, unknown>[]
    }
    const filters = ['group', 'kind', 'namespace', 'name'].flatMap((key) => {
      const value = key === 'name' ? queryOf(request, 'name') : queryOf(request, key)
      return value ? [{ key, value }] : []
    })
    const items = (answer.items ?? []).filter(
      (item) => item['hook'] !== true && filters.every(({ key, value }) => (item[key] ?? '') === value),
    )
    return selectFields(items.length > 0 ? { items } : {}, queryOf(request, 'fields'))
  })

  serve(app, routes.serverSideDiff, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const given = (request.query as { targetManifests?: string | string[] }).targetManifests ?? []
    return serverSideDiff(context, found, [given].flat())
  })
  // Argo CD's command line compares by itself, by the rules it knows; an agent knows them all.
  serve(app, routes.manifestDiff, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const { manifests = [], serverSide = false } = bodyOf<{ manifests: string[]; serverSide: boolean }>(request)
    return askAgent(context, found, { type: 'diff', application: nameOf(found), manifests, serverSide })
  })

  serve(app, routes.resource, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const live = await ask(found, { type: 'live', application: nameOf(found), ...refFrom(request) })
    return { manifest: JSON.stringify(live) }
  })
  /** For those who may do it to the application, or to this one object of it. */
  const forObject = async (request: FastifyRequest) => {
    try {
      return await applicationOf(context, request)
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== code.permissionDenied) throw error
      const ref = refFrom(request)
      const part = `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`
      return applicationOf(context, request, { part })
    }
  }
  const record = (found: Application, who: Identity, reason: AuditReason, did: string): Promise<void> =>
    context.audit.record(found as unknown as KubeObject, who.username, reason, did)

  serve(app, routes.patchResource, async (request) => {
    const { app: found, who } = await forObject(request)
    const patch = typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? {})
    assertJson(patch)
    const live = await ask(found, {
      type: 'patch',
      application: nameOf(found),
      ...refFrom(request),
      patchType: queryOf(request, 'patchType'),
      patch,
    })
    const { group, kind, name } = refFrom(request)
    await record(found, who, 'ResourceUpdated', `patched resource ${group}/${kind} '${name}'`)
    return { manifest: JSON.stringify(live) }
  })
  serve(app, routes.deleteResource, async (request) => {
    const { app: found, who } = await forObject(request)
    await ask(found, {
      type: 'delete',
      application: nameOf(found),
      ...refFrom(request),
      force: queryBool(request, 'force') ?? false,
      orphan: queryBool(request, 'orphan') ?? false,
    })
    const { group, kind, name } = refFrom(request)
    await record(found, who, 'ResourceDeleted', `deleted resource ${group}/${kind} '${name}'`)
    return {}
  })

  serve(app, routes.actions, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const actions = (await ask(found, {
      type: 'actions',
      application: nameOf(found),
      ...refFrom(request),
    })) as unknown[]
    return actions.length > 0 ? { actions } : {}
  })
  const runAction = async (
    request: FastifyRequest,
    ref: ReturnType<typeof refFrom>,
    action: string,
    parameters: Record<string, string>,
    given: { namespace?: string | undefined; project?: string | undefined },
  ): Promise<object> => {
    const { app: found, who } = await readableApplication(context, request, given)
    permit(context, request, who, rbacName(found), `${ref.group}/${ref.kind}/${action}`)
    await ask(found, { type: 'run-action', application: nameOf(found), ...ref, action, parameters })
    const did = `ran action ${action} on resource ${ref.group}/${ref.kind}/${ref.name}`
    await record(found, who, 'ResourceActionRan', did)
    return {}
  }
  serve(app, routes.runActionV1, (request) =>
    runAction(request, refFrom(request), typeof request.body === 'string' ? request.body : '', {}, {}),
  )
  serve(app, routes.runAction, (request) => {
    const body = bodyOf<Record<string, string>>(request)
    const parameters = (body['resourceActionParameters'] ?? []) as unknown as { name: string; value: string }[]
    const { group = '', version = '', kind = '', namespace = '', resourceName: name = '' } = body
    const given = Object.fromEntries(parameters.map((each) => [each.name, each.value]))
    return runAction(request, { group, version, kind, namespace, name }, body['action'] ?? '', given, {
      namespace: body['appNamespace'],
      project: body['project'],
    })
  })
  serve(app, routes.applicationWindows, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const { assigned, active, permitted } = windowsOf(context, found)
    return {
      ...(active.length > 0 ? { activeWindows: active.map(windowToWire) } : {}),
      ...(assigned.length > 0 ? { assignedWindows: assigned.map(windowToWire) } : {}),
      canSync: permitted,
    }
  })

  serve(app, routes.applicationEvents, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const name = queryOf(request, 'resourceName')
    const uid = queryOf(request, 'resourceUID')
    if (name || uid) {
      const ref = { group: '', version: '', kind: '', namespace: queryOf(request, 'resourceNamespace'), name }
      const { items } = (await ask(found, {
        type: 'events',
        application: nameOf(found),
        ...ref,
        ...(uid ? { uid } : {}),
      })) as { items: KubeObject[] }
      return eventList(items)
    }
    return eventsAbout(context.objects, found as unknown as KubeObject)
  })

  serve(app, routes.manifests, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const revision = queryOf(request, 'revision')
    const revisions = queryList(request, 'revisions')
    const sync = { ...(revision ? { revision } : {}), ...(revisions.length > 0 ? { revisions } : {}) }
    const namespace = found.spec.destination?.namespace ?? ''
    const project = found.spec.project || 'default'
    const settings = context.settings.current()
    const made = await make(
      context.renderer,
      found,
      {
        appName: found.metadata.name ?? '',
        project,
        namespace,
        sources: specOf(context.controller.rules.of(project)).sourceRepos,
      },
      settings,
      { operation: { sync }, noCache: queryBool(request, 'noCache') },
    )
    if ('failure' in made) throw new ApiError(code.unknown, made.message)
    const manifests = markedManifests(made.rendered.manifests, found, settings).map(goJson)
    return manifests.length > 0 ? { manifests } : {}
  })

  serve(app, routes.revisionMetadata, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const revision = param(request, 'revision')
    if (!/^[0-9a-f]{40}$/.test(revision)) throw new ApiError(code.unknown, `revision ${revision} must be resolved`)
    const info = context.repositories.commitInfo(sourceChosen(request, found).repoURL, revision)
    const { author, date, message, tags } = await info.catch((error: unknown) => {
      throw error instanceof GitError && !error.transient ? notOurRef(revision, error) : error
    })
    return { author, date, message: message.replace(/\n+$/, ''), ...(tags.length > 0 ? { tags } : {}) }
  })
  serve(app, routes.chartDetails, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const { chart, repoURL } = sourceChosen(request, found)
    if (!chart) throw new ApiError(code.unknown, `no chart found for application: ${found.metadata.name ?? ''}`)
    throw new ApiError(code.unknown, `${repoURL}: details of charts in Helm repositories are not supported yet`)
  })
  serve(app, routes.ociMetadata, async (request) => {
    const { app: found } = await applicationOf(context, request)
    const { repoURL } = sourceChosen(request, found)
    throw new ApiError(code.unknown, `failed to initialize oci client: ${ociProblem(repoURL)}`)
  })
}

/** A commit that the repository does not have, in the words of Git as Argo CD runs it. */
function notOurRef(revision: string, cause: GitError): ApiError {
  const fetch = `\`git fetch origin ${revision} --tags --force --prune\` failed exit status 128: fatal: remote error: upload-pack: not our ref ${revision}`
  const checkout = `rpc error: code = Internal desc = Failed to checkout revision ${revision}: ${fetch}`
  const message = `error acquiring repo lock: failed to initialize repository resources: ${checkout}`
  return new ApiError(code.unknown, message, { cause })
}

/** An API server would refuse the patch in these words. */
function assertJson(patch: string): void {
  try {
    JSON.parse(patch)
  } catch {
    const why = jsonSyntaxError(patch)
    throw new ApiError(code.failedPrecondition, `error patching resource: error decoding patch: ${why}`)
  }
}
