import type { FastifyInstance } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import {
  isUnderWay,
  sourcesOf,
  type Application,
  type ApplicationSource,
  type Operation,
} from '@flotilla/shared/argo/application'
import { refOf, resources } from '@flotilla/shared/argo/resources'
import type { Identity } from '../auth/session-keeper.ts'
import { GitError } from '../git/repository.ts'
import { applicationOf, rbacName, readableApplication } from './application-access.ts'
import { change } from './application-routes.ts'
import { bodyOf, enforce, permit, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'
import { rollbackInGit } from './git-rollback.ts'
import { windowsOf } from './sync-windows.ts'
import { storedToWire } from './wire.ts'

interface SyncBody {
  appNamespace: string
  project: string
  revision: string
  revisions: string[]
  sourcePositions: number[]
  dryRun: boolean
  prune: boolean
  strategy: { apply?: { force?: boolean }; hook?: { force?: boolean } } | null
  resources: { group?: string; kind: string; name: string; namespace?: string }[] | null
  manifests: string[]
  infos: { name: string; value: string }[]
  retryStrategy: Operation['retry']
  syncOptions: { items?: string[] } | string[] | null
}

/** Sync, rollback, terminate. */
export function addSyncRoutes(app: FastifyInstance, context: ApiContext): void {
  const refTo = (item: Application) =>
    refOf(resources.applications, item.metadata.namespace ?? '', item.metadata.name ?? '')
  const automated = (item: Application): boolean => {
    const policy = item.spec.syncPolicy?.automated
    return !!policy && policy.enabled !== false
  }
  const begin = async (item: Application, operation: Operation, who: Identity, did: string): Promise<object> => {
    const begun = await change(context, refTo(item), (current) => {
      if (current.operation) {
        throw new ApiError(code.failedPrecondition, 'another operation is already in progress')
      }
      // Whoever waits for the end of this operation must not see the one before.
      const { operationState: _before, ...status } = current.status ?? {}
      return { ...current, operation, ...(current.status && { status }) }
    })
    await context.audit.record(begun, who.username, 'OperationStarted', did)
    return storedToWire(begun)
  }
  const refuseByWindow = (item: Application): void => {
    if (!windowsOf(context, item).permitted) {
      throw new ApiError(code.permissionDenied, 'cannot sync: blocked by sync window')
    }
  }

  serve(app, routes.sync, async (request) => {
    const body = bodyOf<SyncBody>(request)
    const given = { namespace: body.appNamespace, project: body.project }
    const { app: found, who } = await readableApplication(context, request, given)
    refuseByWindow(found)
    permit(context, request, who, rbacName(found))
    const local = (body.manifests?.length ?? 0) > 0
    if (local) {
      enforce(context, who, 'applications', 'override', rbacName(found))
      if (automated(found) && !body.dryRun) {
        const message = 'cannot use local sync when Automatic Sync Policy is enabled unless for dry run'
        throw new ApiError(code.failedPrecondition, message)
      }
    }
    if (found.metadata.deletionTimestamp) throw new ApiError(code.failedPrecondition, 'application is deleting')
    const multiple = (found.spec.sources?.length ?? 0) > 0
    const sources = sourcesOf(found.spec)
    if (multiple && body.sourcePositions?.some((position) => position <= 0 || position > sources.length)) {
      throw new ApiError(code.unknown, 'source position is out of range')
    }
    const asked = sources.map((source, index) => askedRevision(source, index, body, multiple))
    for (const [index, revision] of asked.entries()) {
      const source = sources[index]
      if (!source || revision === (source.targetRevision || 'HEAD')) continue
      if (context.settings.current().cm['application.sync.requireOverridePrivilegeForRevisionSync'] === 'true') {
        enforce(context, who, 'applications', 'override', rbacName(found))
      }
      if (!automated(found) || body.dryRun) continue
      const what = multiple ? `source ${source.repoURL} to ${revision}` : `to ${revision}`
      const message = `Cannot sync ${what}: auto-sync currently set to ${source.targetRevision ?? ''}`
      throw new ApiError(code.failedPrecondition, message)
    }
    const revisions = local
      ? sources.map(() => '')
      : await Promise.all(sources.map((source, index) => resolve(source, asked[index] ?? '')))
    const shown = revisions.map((revision, index) =>
      revision === asked[index] ? revision : `${asked[index] ?? ''} (${revision})`,
    )
    const syncOptions = Array.isArray(body.syncOptions) ? body.syncOptions : (body.syncOptions?.items ?? [])
    const options = body.syncOptions ? syncOptions : (found.spec.syncPolicy?.syncOptions ?? [])
    if (options.includes('Replace=true') && !context.settings.current().replaceAllowed) {
      const message = 'sync with replace was disabled on the API Server level via the server configuration'
      throw new ApiError(code.failedPrecondition, message)
    }
    const strategy = body.strategy
    const operation: Operation = {
      sync: {
        ...(multiple
          ? { revisions, sources: found.spec.sources }
          : { ...(revisions[0] && { revision: revisions[0] }), source: found.spec.source }),
        ...(body.prune ? { prune: true } : {}),
        ...(body.dryRun ? { dryRun: true } : {}),
        ...(strategy && Object.keys(strategy).length > 0 ? { syncStrategy: clean(strategy) } : {}),
        ...(body.resources && body.resources.length > 0 ? { resources: body.resources } : {}),
        ...(body.manifests && body.manifests.length > 0 ? { manifests: body.manifests } : {}),
        ...(options.length > 0 ? { syncOptions: options } : {}),
      } as NonNullable<Operation['sync']>,
      initiatedBy: { username: who.username },
      ...(body.infos && body.infos.length > 0 ? { info: body.infos } : {}),
      retry: body.retryStrategy ?? (found.spec.syncPolicy?.retry || {}),
    }
    const partial = body.resources && body.resources.length > 0 ? 'partial ' : ''
    return begin(
      found,
      operation,
      who,
      local ? `initiated ${partial}sync locally` : `initiated ${partial}sync to ${shown.join(',')}`,
    )
  })

  const resolve = async (source: ApplicationSource, revision: string): Promise<string> => {
    if (source.chart) return revision
    try {
      if (!/^[0-9a-f]{40}$/.test(revision)) await context.repositories.refresh(source.repoURL)
      return await context.repositories.resolve(source.repoURL, revision)
    } catch (error) {
      if (!(error instanceof GitError)) throw error
      const message = `error resolving repo revision: rpc error: code = Unknown desc = ${error.message}`
      throw new ApiError(code.failedPrecondition, message)
    }
  }

  serve(app, routes.rollback, async (request) => {
    const body = bodyOf<{
      id: number
      dryRun: boolean
      prune: boolean
      appNamespace: string
      project: string
      /** Ours: by a commit instead of a sync. */
      inGit: boolean
    }>(request)
    // The gateway of Argo CD cannot send on a request without it, before it asks who sends it.
    if (body.id === undefined) {
      throw new ApiError(code.internal, 'grpc: error while marshaling: proto: required field "id" not set')
    }
    const given = { namespace: body.appNamespace, project: body.project }
    const { app: found, who } = await applicationOf(context, request, given)
    if (found.metadata.deletionTimestamp) throw new ApiError(code.failedPrecondition, 'application is deleting')
    if (body.inGit) {
      enforce(context, who, 'applications', 'override', rbacName(found))
      return rollbackInGit(found, Number(body.id ?? 0), who, context)
    }
    if (automated(found)) {
      throw new ApiError(code.failedPrecondition, 'rollback cannot be initiated when auto-sync is enabled')
    }
    const id = Number(body.id ?? 0)
    const entry = found.status?.history?.find((each) => each.id === id)
    if (!entry) {
      const name = `${found.metadata.namespace ?? ''}/${found.metadata.name ?? ''}`
      throw new ApiError(code.invalidArgument, `application ${name} does not have deployment with id ${id}`)
    }
    const options = found.spec.syncPolicy?.syncOptions ?? []
    const operation: Operation = {
      sync: {
        ...(entry.revision ? { revision: entry.revision } : {}),
        ...(entry.revisions ? { revisions: entry.revisions } : {}),
        ...(entry.source ? { source: entry.source } : {}),
        ...(entry.sources ? { sources: entry.sources } : {}),
        ...(body.prune ? { prune: true } : {}),
        ...(body.dryRun ? { dryRun: true } : {}),
        ...(options.length > 0 ? { syncOptions: options } : {}),
        syncStrategy: { apply: {} },
      },
      initiatedBy: { username: who.username },
      retry: {},
    }
    return begin(found, operation, who, `initiated rollback to ${id}`)
  })

  serve(app, routes.terminate, async (request) => {
    const { app: found, who } = await applicationOf(context, request)
    const none = (): never => {
      throw new ApiError(code.invalidArgument, 'Unable to terminate operation. No operation is in progress')
    }
    const ended = await change(context, refTo(found), (current) => {
      const state = current.status?.operationState
      if (!isUnderWay(state)) return none()
      return { ...current, status: { ...current.status, operationState: { ...state, phase: 'Terminating' } } }
    })
    await context.audit.record(ended, who.username, 'ResourceUpdated', 'terminated running operation')
    return {}
  })
}

function askedRevision(source: ApplicationSource, index: number, body: Partial<SyncBody>, multiple: boolean): string {
  const own = source.targetRevision || (source.chart ? '' : 'HEAD')
  if (!multiple) return body.revision || own
  const position = (body.sourcePositions ?? []).findIndex((each) => Number(each) === index + 1)
  return (position >= 0 ? body.revisions?.[position] : undefined) || own
}

/** As Go leaves out what is false. */
function clean(strategy: NonNullable<SyncBody['strategy']>): object {
  return Object.fromEntries(
    Object.entries(strategy).flatMap(([key, value]) => (value ? [[key, value.force ? { force: true } : {}]] : [])),
  )
}
