import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { allowed, bodyOf, enforce, identify, param, queryBool, queryOf, type ApiContext } from './context.ts'
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

  app.get('/api/v1/repocreds', async (request) => {
    const who = await identify(context, request)
    const wanted = queryOf(request, 'url')
    const found = (await listSecrets(objects, 'repo-creds')).filter(
      (secret) => (!wanted || urlOf(secret) === wanted) && allowed(context, who, 'repositories', 'get', urlOf(secret)),
    )
    return listToWire(found.map(show))
  })
  app.post('/api/v1/repocreds', async (request) => {
    const who = await identify(context, request)
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    const url = String(body['url'] ?? '')
    if (url === '') {
      throw new ApiError(
        code.invalidArgument,
        'the credentials have no address: set "url" to the URL that they are for',
      )
    }
    enforce(context, who, 'repositories', 'create', url)
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
  const named = async (request: FastifyRequest, action: string): Promise<KubeObject> => {
    const who = await identify(context, request)
    const url = param(request, 'url')
    enforce(context, who, 'repositories', action, url)
    const found = await find(url)
    if (!found) throw new ApiError(code.notFound, `repository credentials '${url}' not found`)
    return found
  }
  app.put('/api/v1/repocreds/:url', async (request) => {
    const existing = await named(request, 'update')
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    await writeSecret(objects, 'repo-creds', urlOf(existing), body, existing)
    return { url: urlOf(existing) }
  })
  app.delete('/api/v1/repocreds/:url', async (request) => {
    await deleteSecret(objects, await named(request, 'delete'))
    return {}
  })

  // Known hosts and keys are not kept here yet; clients that list them find none.
  for (const path of [
    '/api/v1/certificates',
    '/api/v1/gpgkeys',
    '/api/v1/write-repositories',
    '/api/v1/write-repocreds',
  ])
    app.get(path, async (request) => (await identify(context, request), listToWire([])))
  for (const kind of ['services', 'triggers', 'templates'])
    app.get(`/api/v1/notifications/${kind}`, async (request) => (await identify(context, request), {}))
}
