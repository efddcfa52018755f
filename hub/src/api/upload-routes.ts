import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routes } from '@flotilla/shared/api/routes'
import { sourcesOf, type Application } from '@flotilla/shared/argo/application'
import { make } from '../applications/desired.ts'
import { specOf } from '../projects/project.ts'
import { readTar } from '@flotilla/shared/runtime/tar'
import { withUpload } from '../render/uploaded.ts'
import { rbacName, readableApplication } from './application-access.ts'
import { enforce, permit, type ApiContext } from './context.ts'
import { serve } from './declared.ts'
import { ApiError, code } from './errors.ts'
import { goJson } from './wire.ts'
import { markedManifests } from './marked-manifests.ts'

const unzip = promisify(gunzip)
/** Of what is sent, unpacked. */
const mostBytes = 256 * 1024 * 1024

interface Query {
  readonly name?: string
  readonly appNamespace?: string
  readonly project?: string
  readonly checksum?: string
  /** Not of Argo CD: the application's folder among the files, where it is not that of its source. */
  readonly path?: string
  /** Not of Argo CD: Secrets as they are, for those who may sync what they send. */
  readonly unmasked?: boolean
}

type Part = { readonly query?: Query; readonly chunk?: { readonly chunk?: string } }

/** Manifests of an application from files that are sent in place of its repository's. */
export function addUploadRoutes(app: FastifyInstance, context: ApiContext): void {
  serve(app, routes.manifestsWithFiles, async (request) => {
    const [first, ...rest] = partsOf(request)
    if (!first?.query) throw new ApiError(code.unknown, 'error getting query: error getting stream query: query is nil')
    const { query } = first
    if (!query.name) throw new ApiError(code.unknown, 'invalid request: application name is missing')
    const at = { name: query.name, namespace: query.appNamespace, project: query.project }
    const { app: found, who } = await readableApplication(context, request, at)
    permit(context, request, who, rbacName(found))
    if (query.unmasked) enforce(context, who, 'applications', 'override', rbacName(found))
    const files = await unpacked(rest, query.checksum ?? '')
    const source = sourcesOf(found.spec)[0]
    if (!source) throw new ApiError(code.unknown, 'the application has no source')
    const { path = source.path } = query
    const only = { ...source, ...(path === undefined ? {} : { path }) }
    const { sources: _sources, ...spec } = found.spec
    const wanted: Application = { ...found, spec: { ...spec, source: only } }
    const project = found.spec.project || 'default'
    const settings = context.settings.current()
    const made = await make(
      context.rendererOf(withUpload(context.repositories, source.repoURL, files)),
      wanted,
      {
        appName: found.metadata.name ?? '',
        project,
        namespace: found.spec.destination?.namespace ?? '',
        sources: specOf(context.controller.rules.of(project)).sourceRepos,
      },
      settings,
    )
    if ('failure' in made) throw new ApiError(code.unknown, `error generating manifests: ${made.message}`)
    const manifests = markedManifests(made.rendered.manifests, found, settings, query.unmasked === true).map(goJson)
    return manifests.length > 0 ? { manifests } : {}
  })
}

function partsOf(request: FastifyRequest): readonly Part[] {
  const { body } = request
  return (Array.isArray(body) ? body : body ? [body] : []) as readonly Part[]
}

async function unpacked(parts: readonly Part[], checksum: string): Promise<ReturnType<typeof readTar>> {
  const chunks = parts.map(({ chunk }) => {
    if (!chunk) throw new ApiError(code.unknown, 'error sending repo stream: error getting stream chunk: chunk is nil')
    return Buffer.from(chunk.chunk ?? '', 'base64')
  })
  const archive = Buffer.concat(chunks)
  const sum = createHash('sha256').update(archive).digest('hex')
  const fail = (why: string, cause?: unknown): ApiError =>
    new ApiError(code.unknown, `error generating manifests: ${why}`, { cause })
  if (sum !== checksum) throw fail('error receiving tgz file: file checksum validation error')
  try {
    return readTar(await unzip(archive, { maxOutputLength: mostBytes }))
  } catch (error) {
    throw fail(`error decompressing tgz file: ${(error as Error).message}`, error)
  }
}
