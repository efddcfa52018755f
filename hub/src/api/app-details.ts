import type { FastifyRequest } from 'fastify'
import { sourcesOf, type Application, type ApplicationSource } from '@flotilla/shared/argo/application'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import { imagesOf } from '@flotilla/shared/engine/tasks'
import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import { permitsSource } from '../projects/permits.ts'
import { specOf } from '../projects/project.ts'
import { chartParameters } from '../render/chart-parameters.ts'
import { bodyOf, enforce, identify, param, permit, type ApiContext } from './context.ts'
import { ApiError, code, permissionDenied } from './errors.ts'

interface AppDetailsQuery {
  readonly source: ApplicationSource
  readonly appName: string
  readonly appProject: string
}

/**
 * What a source is and what it can be told. Rendering costs, and shows what is in a repository: so whoever asks must be
 * allowed to read the application, or to create it where it is none yet, and it must be, or have been, its source.
 */
export async function appDetails(context: ApiContext, request: FastifyRequest): Promise<object> {
  const who = await identify(context, request)
  const { source, appName = '', appProject = '' } = bodyOf<AppDetailsQuery>(request)
  if (!source) throw new ApiError(code.invalidArgument, 'missing payload in request')
  const url = source.repoURL || param(request, 'repo')
  permit(context, request, who, url)
  const object = `${appProject}/${appName}`
  enforce(context, who, 'applications', 'get', object)
  const found = await applicationNamed(context, appName)
  if (!found) enforce(context, who, 'applications', 'create', object)
  else if ((found.spec.project || 'default') !== appProject || !wasSource(found, source)) throw permissionDenied()
  refuseForeignSource(context, url, appProject)
  return describe(context, { ...source, repoURL: url }, appName, appProject)
}

async function describe(
  context: ApiContext,
  source: ApplicationSource,
  appName: string,
  project: string,
): Promise<object> {
  const { repositories, renderer } = context
  const { repoURL: url, path = '.' } = source
  await repositories.refresh(url)
  const revision = await repositories.resolve(url, source.targetRevision ?? '')
  const settings = context.settings.current().render
  const type = await renderer.detect(url, revision, path)
  if (type === 'Helm') {
    const tree = await repositories.readTree(url, revision, path)
    return { type, helm: chartParameters(tree, source.helm?.valueFiles ?? []) }
  }
  if (type === 'Kustomize') {
    const sources = [{ ...source, targetRevision: revision }]
    const made = await renderer.render({ sources, settings, context: { appName, project, namespace: '' } })
    const images = [...new Set(made.manifests.flatMap((manifest) => imagesOf(manifest)))].toSorted()
    return { type, kustomize: images.length > 0 ? { images } : {} }
  }
  return { type, directory: {} }
}

async function applicationNamed(context: ApiContext, name: string): Promise<Application | undefined> {
  const slash = name.lastIndexOf('/')
  const namespace = slash < 0 ? controlNamespace : name.slice(0, slash)
  try {
    return (await context.objects.get(refOf(resources.applications, namespace, name.slice(slash + 1)))) as Application
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined
    throw error
  }
}

/** Whether a source is the application's own, or one that it was synced from. */
function wasSource(app: Application, source: ApplicationSource): boolean {
  const past = (app.status?.history ?? []).flatMap((entry) => entry.sources ?? (entry.source ? [entry.source] : []))
  return [...sourcesOf(app.spec), ...past].some((each) => deepEqual(each, source))
}

/** A repository that a project does not allow is none of its business. */
export function refuseForeignSource(context: ApiContext, url: string, project: string): void {
  const found = context.controller.rules.of(project || 'default')
  if (!found) throw new ApiError(code.notFound, `appprojects.argoproj.io "${project}" not found`)
  if (!permitsSource(specOf(found), url)) {
    throw new ApiError(code.permissionDenied, `repository '${url}' not permitted in project '${project}'`)
  }
}
