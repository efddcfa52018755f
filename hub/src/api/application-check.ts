import { sourcesOf, type Application } from '@flotilla/shared/argo/application'
import {
  permissionProblems,
  resolveDestination,
  sourceProblem,
  type ClusterDirectory,
} from '../applications/spec-check.ts'
import { codeOf } from '../render/failures.ts'
import { make as makeManifests } from '../applications/desired.ts'
import type { Clusters } from '../applications/clusters.ts'
import type { Fleet } from '../fleet/ports.ts'
import type { Repositories } from '../git/repository.ts'
import type { ProjectSpec } from '../projects/permits.ts'
import type { Renderer } from '../render/render.ts'
import type { Settings } from '../settings/settings.ts'
import { ApiError, code } from './errors.ts'

/** Before an Application is written by way of the REST API: what Argo CD refuses, in its words. */
export function checkApplication(
  app: Application,
  options: { project: ProjectSpec | undefined; clusters: ClusterDirectory },
): void {
  const name = app.metadata.name ?? ''
  const projectName = app.spec.project || 'default'
  if (!options.project) {
    throw refusal(`app is not allowed in project "${projectName}", or the project does not exist`)
  }
  if (name === '') throw unnamed('resource name may not be empty')
  const names = (app.spec.sources ?? []).flatMap((source) => (source.name ? [source.name] : []))
  const twice = names.find((each, index) => names.indexOf(each) !== index)
  if (twice !== undefined) throw unnamed(`application ${name} has duplicate source name: ${twice}`)
  const destination = resolveDestination(app, options.clusters)
  if ('problem' in destination) {
    throw refusal(`application destination spec for ${name} is invalid: ${destination.problem}`)
  }
}

/** What the project and the form of the sources forbid. */
export function checkPermissions(app: Application, project: ProjectSpec, clusters: ClusterDirectory): void {
  const destination = resolveDestination(app, clusters)
  if ('problem' in destination) throw invalidSpec(app, [destination.problem])
  const source = sourceProblem(app)
  if (source !== undefined) throw invalidSpec(app, [source])
  const forbidden = permissionProblems(app, project, destination.cluster)
  if (forbidden.length > 0) throw invalidSpec(app, forbidden)
  const url = app.metadata.annotations?.['argocd.argoproj.io/managed-by-url']
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw invalidSpec(app, [`invalid managed-by URL: ${url}: it begins with http:// or https://`])
  }
}

export interface SourceCheck {
  readonly project?: ProjectSpec | undefined
  readonly clusters: Clusters | ClusterDirectory
  readonly fleet?: Pick<Fleet, 'presence'> | undefined
  readonly repositories: Pick<Repositories, 'test' | 'refresh'>
  readonly renderer: Renderer
  readonly settings: Settings
  /** Reads the index of a Helm repository; throws why that cannot be. Absent: charts are not looked for. */
  readonly charts?: ((url: string) => Promise<unknown>) | undefined
}

/** Whether the sources can be reached and give manifests. */
export async function checkSources(app: Application, check: SourceCheck): Promise<void> {
  for (const source of sourcesOf(app.spec)) {
    // Even an empty block names its tool here; once stored it is dropped.
    const tools = (['kustomize', 'helm', 'directory', 'plugin'] as const).filter((tool) => source[tool] != null)
    if (tools.length < 2) continue
    const names = tools.map((tool) => tool.charAt(0).toUpperCase() + tool.slice(1)).join(',')
    throw unnamed(
      `error validating the repo: error verifying source type: multiple application sources defined: ${names}`,
    )
  }
  for (const { repoURL = '', chart } of sourcesOf(app.spec)) {
    if (chart) continue
    if (repoURL === '')
      throw unreachable(
        app,
        '',
        'unable to initialize git client: repository "" cannot be initialized: repo URL is invalid',
      )
    const asking = check.repositories.test(repoURL)
    await asking.catch((error: unknown) => {
      throw unreachable(app, repoURL, `unable to ls-remote HEAD on repository: ${wordsOf(error)}`)
    })
  }
  if (sourceProblem(app) !== undefined) return reachCharts(app, check)
  const destination = resolveDestination(app, check.clusters)
  const facts = 'cluster' in destination ? check.fleet?.presence(destination.cluster.name).facts : undefined
  const context = {
    appName: app.metadata.name ?? '',
    project: app.spec.project || 'default',
    namespace: app.spec.destination?.namespace ?? '',
    sources: check.project?.sourceRepos,
    kubeVersion: facts?.kubernetesVersion,
    apiVersions: facts?.apis,
  }
  const make = (options = {}) => makeManifests(check.renderer, app, context, check.settings, options)
  let made = await make()
  // What was pushed a moment ago may not have been heard of yet; at the same commit it would fail the same way.
  if ('failure' in made && (await movedSince(app, check))) made = await make({ recall: true })
  if (!('failure' in made)) return
  await reachCharts(app, check)
  const path = app.spec.source?.path ?? app.spec.sources?.[0]?.path ?? ''
  throw invalidSpec(app, [
    `Unable to generate manifests in ${path}: rpc error: code = ${codeOf(made.message)} desc = ${made.message}`,
  ])
}

/** Whether the repositories of an application could be asked anew. */
async function movedSince(app: Application, { repositories }: SourceCheck): Promise<boolean> {
  const urls = new Set(sourcesOf(app.spec).flatMap(({ repoURL, chart }) => (chart || !repoURL ? [] : [repoURL])))
  const asked = await Promise.allSettled([...urls].map((url) => repositories.refresh(url)))
  return asked.length > 0 && asked.every(({ status }) => status === 'fulfilled')
}

/** Whether the repositories of charts answer: asked only where there are no manifests, for an index may be large. */
async function reachCharts(app: Application, check: SourceCheck): Promise<void> {
  for (const { repoURL = '', chart } of sourcesOf(app.spec)) {
    if (!chart || !/^https?:/.test(repoURL)) continue
    await check.charts?.(repoURL).catch((error: unknown) => {
      throw unreachable(app, repoURL, wordsOf(error))
    })
  }
}

function unreachable(app: Application, repoURL: string, why: string): ApiError {
  const shown = `&Repository{Repo: ${JSON.stringify(repoURL)}, Type: "", Name: "", Project: ""}`
  const failed = `rpc error: code = Unknown desc = error testing repository connectivity: ${why}`
  const problem = `repositories not accessible: ${shown}: repo client error while testing repository: ${failed}`
  return invalidSpec(app, [`repository not accessible: ${problem}`])
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function invalidSpec(app: Application, problems: readonly string[]): ApiError {
  const conditions = problems.map((problem) => `InvalidSpecError: ${problem}`).join(';')
  return refusal(`application spec for ${app.metadata.name ?? ''} is invalid: ${conditions}`)
}

function refusal(message: string): ApiError {
  return new ApiError(code.invalidArgument, message)
}

function unnamed(message: string): ApiError {
  return new ApiError(code.unknown, `error while validating and normalizing app: ${message}`)
}
