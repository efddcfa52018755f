import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { appDetails, refuseForeignSource } from './app-details.ts'
import { ociProblem } from './source-choice.ts'
import { serve } from './declared.ts'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { orderedBy } from '@flotilla/shared/lang/order'
import { normalizeUrl } from '../git/credentials.ts'
import { chartsOf } from './charts-of.ts'
import { discoverSources } from '../render/discover.ts'
import {
  allowed,
  bodyOf,
  enforce,
  identify,
  param,
  permit,
  permits,
  queryBool,
  queryOf,
  type ApiContext,
} from './context.ts'
import { ApiError, code, permissionDenied } from './errors.ts'
import {
  bodyOfSecret,
  deleteSecret,
  listSecrets,
  repositoryShape,
  urlOf,
  withoutSecrets,
  writeSecret,
  type RepositoryBody,
} from './repository-secrets.ts'
import { differentPaths, specIsDifferent } from './spec-difference.ts'
import { listToWire } from './wire.ts'

/** Repositories: Secrets, as Argo CD keeps them. */
export function addRepositoryRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const rbac = (url: string, project: RepositoryBody[string]): string => (project ? `${String(project)}/${url}` : url)
  const state = async (
    url: string,
    type: unknown,
  ): Promise<{ status: string; message: string; attemptedAt: string }> => {
    const attemptedAt = new Date(context.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    if (type === 'helm' || type === 'oci') {
      return { status: 'Unknown', message: 'tried when an application uses it', attemptedAt }
    }
    try {
      await context.repositories.test(url)
      return { status: 'Successful', message: '', attemptedAt }
    } catch (error) {
      return { status: 'Failed', message: error instanceof Error ? error.message : String(error), attemptedAt }
    }
  }
  const show = async (secret: KubeObject): Promise<object> => {
    const body = bodyOfSecret(secret, 'repository')
    const connectionState = await state(urlOf(secret), body['type'])
    return { type: 'git', ...withoutSecrets(body), connectionState }
  }
  /** A repository by its address, however it is written; of several, that of the project which was asked for. */
  const find = async (url: string, project: string): Promise<KubeObject | undefined> => {
    const same = (await listSecrets(objects, 'repository')).filter(
      (secret) => normalizeUrl(urlOf(secret)) === normalizeUrl(url),
    )
    const of = (secret: KubeObject): unknown => bodyOfSecret(secret, 'repository')['project'] ?? ''
    return project ? same.find((secret) => of(secret) === project) : (same.find((secret) => !of(secret)) ?? same[0])
  }
  const known = async (request: FastifyRequest): Promise<KubeObject> => {
    const who = await identify(context, request)
    const secret = await find(param(request, 'repo'), queryOf(request, 'appProject'))
    if (!secret) throw permissionDenied()
    permit(context, request, who, rbac(urlOf(secret), bodyOfSecret(secret, 'repository')['project']))
    return secret
  }
  const refuseUnreachable = async (url: string, body: RepositoryBody): Promise<void> => {
    const result = await state(url, body['type'])
    if (result.status !== 'Failed') return
    throw new ApiError(code.unknown, `error testing repository connectivity: ${result.message}`)
  }

  serve(app, routes.repositories, async (request) => {
    const who = await identify(context, request)
    const wanted = queryOf(request, 'repo')
    const project = queryOf(request, 'appProject')
    const found = (await listSecrets(objects, 'repository')).filter((secret) => {
      const body = bodyOfSecret(secret, 'repository')
      if (wanted && urlOf(secret) !== wanted) return false
      if (project && body['project'] !== project) return false
      return permits(context, request, who, rbac(urlOf(secret), body['project']))
    })
    return listToWire(await Promise.all(found.map(show)))
  })

  serve(app, routes.createRepository, async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    const url = String(body['repo'] ?? '')
    permit(context, request, who, rbac(url, body['project']))
    if (url === '') throw new ApiError(code.invalidArgument, 'the repository has no address: set "repo" to its URL')
    const existing = await find(url, String(body['project'] ?? ''))
    if (existing) {
      const before = { type: 'git', ...bodyOfSecret(existing, 'repository') }
      if (differentPaths(repositoryShape, before, body).length === 0) return brief(body)
      if (!queryBool(request, 'upsert')) {
        throw new ApiError(code.invalidArgument, specIsDifferent('repository', repositoryShape, before, body))
      }
      enforce(context, who, 'repositories', 'update', rbac(url, body['project']))
    }
    // Tried with the credentials as they are kept: those that do not work are not.
    const undo = await writeSecret(objects, 'repository', url, body, existing)
    try {
      await refuseUnreachable(url, body)
    } catch (error) {
      await undo()
      throw error
    }
    return brief(body)
  })

  serve(app, routes.updateRepository, async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    const url = param(request, 'repo')
    const existing = await find(url, String(body['project'] ?? ''))
    if (!existing) throw permissionDenied()
    permit(context, request, who, rbac(url, bodyOfSecret(existing, 'repository')['project']))
    enforce(context, who, 'repositories', 'update', rbac(url, body['project']))
    await writeSecret(objects, 'repository', url, body, existing)
    return brief({ ...body, repo: url })
  })
  serve(app, routes.repository, async (request) => show(await known(request)))
  serve(app, routes.deleteRepository, async (request) => {
    await deleteSecret(objects, await known(request))
    return {}
  })

  serve(app, routes.refs, async (request) => {
    const who = await identify(context, request)
    const url = param(request, 'repo')
    permit(context, request, who, url)
    const names = [...(await context.repositories.refresh(url)).refs.keys()]
    const under = (prefix: string): string[] =>
      names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
    return { branches: under('refs/heads/'), tags: under('refs/tags/') }
  })
  serve(app, routes.ociTags, async (request) => {
    const who = await identify(context, request)
    const url = param(request, 'repo')
    permit(context, request, who, url)
    throw new ApiError(code.unknown, `error creating oci client: ${ociProblem(url)}`)
  })
  serve(app, routes.repositoryApps, async (request) => {
    const who = await identify(context, request)
    const url = param(request, 'repo')
    const project = queryOf(request, 'appProject')
    permit(context, request, who, url)
    const object = `${project}/${queryOf(request, 'appName')}`
    const may = (action: string): boolean => allowed(context, who, 'applications', action, object)
    if (!may('create') && !may('update')) throw permissionDenied()
    refuseForeignSource(context, url, project)
    await context.repositories.refresh(url)
    const commit = await context.repositories.resolve(url, queryOf(request, 'revision'))
    const found = discoverSources(await context.repositories.readTree(url, commit, '.'))
    const items = [...found].map(([path, type]) => ({ type, path })).toSorted(orderedBy((one) => one.path))
    return items.length > 0 ? { items } : {}
  })
  serve(app, routes.helmCharts, async (request) => {
    const url = urlOf(await known(request))
    const items = await chartsOf(context, url)
    return items.length > 0 ? { items } : {}
  })
  serve(app, routes.validateRepository, async (request) => {
    const who = await identify(context, request)
    const url = typeof request.body === 'string' && request.body !== '' ? request.body : param(request, 'repo')
    const body: RepositoryBody = { ...(request.query as RepositoryBody), repo: url }
    permit(context, request, who, rbac(url, body['project']))
    const existing = await find(url, String(body['project'] ?? ''))
    if (existing) await refuseUnreachable(url, body)
    else {
      const undo = await writeSecret(objects, 'repository', url, body, undefined)
      try {
        await refuseUnreachable(url, body)
      } finally {
        await undo()
      }
    }
    return {}
  })

  serve(app, routes.appDetails, (request) => appDetails(context, request))

  // Nothing is written to repositories by this hub: Argo CD says the same where its hydrator is off.
  const unwritten = [
    routes.createWriteRepository,
    routes.writeRepository,
    routes.updateWriteRepository,
    routes.deleteWriteRepository,
    routes.validateWriteRepository,
  ]
  const disabled = () => new ApiError(code.unimplemented, 'hydrator is disabled')
  for (const route of unwritten) {
    serve(app, route, async (request) => {
      const who = await identify(context, request)
      permit(context, request, who, param(request, 'repo') || (bodyOf<{ repo: string }>(request).repo ?? ''))
      throw disabled()
    })
  }
  serve(app, routes.writeRepositories, async (request) => {
    await identify(context, request)
    throw disabled()
  })
}

/** What a write answers. */
function brief(body: RepositoryBody): object {
  const kept = ['repo', 'type', 'name'].flatMap((key) => (body[key] ? [[key, body[key]] as const] : []))
  return Object.fromEntries(kept)
}
