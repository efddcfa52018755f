import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { declaredRight, serve } from './declared.ts'
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

const kinds = [
  {
    type: 'repo-creds',
    all: routes.repoCreds,
    create: routes.createRepoCreds,
    update: routes.updateRepoCreds,
    remove: routes.deleteRepoCreds,
  },
  {
    type: 'repo-write-creds',
    all: routes.writeRepoCreds,
    create: routes.createWriteRepoCreds,
    update: routes.updateWriteRepoCreds,
    remove: routes.deleteWriteRepoCreds,
  },
] as const

/** Credentials for every repository below a URL: those to read with, and those to write with. */
export function addRepoCredsRoutes(app: FastifyInstance, context: ApiContext): void {
  for (const kind of kinds) addRoutes(app, context, kind)
}

function addRoutes(app: FastifyInstance, context: ApiContext, kind: (typeof kinds)[number]): void {
  const { objects } = context
  const { type } = kind
  const find = async (url: string): Promise<KubeObject | undefined> =>
    (await listSecrets(objects, type)).find((secret) => urlOf(secret) === url)
  const show = (secret: KubeObject): object => withoutSecrets(bodyOfSecret(secret, type))

  serve(app, kind.all, async (request) => {
    const who = await identify(context, request)
    const wanted = queryOf(request, 'url')
    const found = (await listSecrets(objects, type)).filter(
      (secret) => (!wanted || urlOf(secret) === wanted) && permits(context, request, who, urlOf(secret)),
    )
    return listToWire(found.map(show))
  })
  serve(app, kind.create, async (request) => {
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
      const before = bodyOfSecret(existing, type)
      if (differentPaths(credentialsShape, before, body).length === 0) return { url }
      if (!queryBool(request, 'upsert')) {
        const message = specIsDifferent('repository credentials', credentialsShape, before, body)
        throw new ApiError(code.invalidArgument, message)
      }
      enforce(context, who, declaredRight(request).resource, 'update', url)
    }
    await writeSecret(objects, type, url, body, existing)
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
  serve(app, kind.update, async (request) => {
    const existing = await named(request)
    const body = bodyOf<RepositoryBody>(request) as RepositoryBody
    await writeSecret(objects, type, urlOf(existing), body, existing)
    return { url: urlOf(existing) }
  })
  serve(app, kind.remove, async (request) => {
    await deleteSecret(objects, await named(request))
    return {}
  })
}
