import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { serve } from './declared.ts'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { bodyOf, enforce, identify, param, permit, permits, queryBool, queryOf, type ApiContext } from './context.ts'
import { ApiError, code } from './errors.ts'
import {
  bodyOfSecret,
  credentialsShape,
  deleteSecret,
  listSecrets,
  urlOf,
  withoutSecrets,
  writeSecret,
  type RepositoryBody,
} from './repository-secrets.ts'
import { differentPaths, specIsDifferent } from './spec-difference.ts'
import { listToWire } from './wire.ts'

/** Credentials for every repository below a URL, and the lists that a hub without them answers empty. */
export function addRepoCredsRoutes(app: FastifyInstance, context: ApiContext): void {
  const { objects } = context
  const find = async (url: string): Promise<KubeObject | undefined> =>
    (await listSecrets(objects, 'repo-creds')).find((secret) => urlOf(secret) === url)
  const show = (secret: KubeObject): object => withoutSecrets(bodyOfSecret(secret, 'repo-creds'))

  serve(app, routes.repoCreds, async (request) => {
    const who = await identify(context, request)
    const wanted = queryOf(request, 'url')
    const found = (await listSecrets(objects, 'repo-creds')).filter(
      (secret) => (!wanted || urlOf(secret) === wanted) && permits(context, request, who, urlOf(secret)),
    )
    return listToWire(found.map(show))
  })
  serve(app, routes.createRepoCreds, async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    const url = String(body['url'] ?? '')
    if (url === '') {
      throw new ApiError(
        code.invalidArgument,
        'the credentials have no address: set "url" to the URL that they are for',
      )
    }
    permit(context, request, who, url)
    const existing = await find(url)
    if (existing) {
      const before = bodyOfSecret(existing, 'repo-creds')
      if (differentPaths(credentialsShape, before, body).length === 0) return { url }
      if (!queryBool(request, 'upsert')) {
        const message = specIsDifferent('repository credentials', credentialsShape, before, body)
        throw new ApiError(code.invalidArgument, message)
      }
      enforce(context, who, 'repositories', 'update', url)
    }
    await writeSecret(objects, 'repo-creds', url, body, existing)
    return { url }
  })
  const named = async (request: FastifyRequest): Promise<KubeObject> => {
    const who = await identify(context, request)
    const url = param(request, 'url')
    permit(context, request, who, url)
    const found = await find(url)
    if (!found) throw new ApiError(code.notFound, `repository credentials '${url}' not found`)
    return found
  }
  serve(app, routes.updateRepoCreds, async (request) => {
    const existing = await named(request)
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    await writeSecret(objects, 'repo-creds', urlOf(existing), body, existing)
    return { url: urlOf(existing) }
  })
  serve(app, routes.deleteRepoCreds, async (request) => {
    await deleteSecret(objects, await named(request))
    return {}
  })

  // Known hosts and keys are not kept here yet; clients that list them find none.
  for (const route of [routes.certificates, routes.gpgKeys, routes.writeRepositories, routes.writeRepoCreds])
    serve(app, route, async (request) => (await identify(context, request), listToWire([])))
  for (const route of [routes.notificationServices, routes.notificationTriggers, routes.notificationTemplates])
    serve(app, route, async (request) => (await identify(context, request), {}))
}
