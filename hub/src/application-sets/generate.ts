import { clusters, type ClusterFacts } from './generators/clusters.ts'
import { gitDirectories } from './generators/git-directories.ts'
import { list } from './generators/list.ts'
import { flatten, matchesSelector } from './selector.ts'
import { fillIn } from './template/merge.ts'
import { renderDeep, renderSimple, type RenderText } from './template/simple.ts'
import {
  GenerateError,
  type ApplicationSet,
  type Generated,
  type Generator,
  type GitGenerator,
  type Params,
  type Template,
} from './types.ts'

/** What generators read of the outside. Each may fail; a failure generates nothing. */
export interface GenerateSources {
  clusters(): Promise<readonly ClusterFacts[]> | readonly ClusterFacts[]
  /** All folders of a revision below its root, sorted. */
  directories(repoURL: string, revision: string): Promise<readonly string[]>
  parseYaml(this: void, text: string): unknown
}

export interface GenerateTools extends GenerateSources {
  readonly goTemplate: boolean
  readonly render: RenderText
}

/** Makes the parameters of one generator. */
export type GeneratorRun<G> = (generator: G, tools: GenerateTools) => Promise<Params[]>

type AnyRun = (generator: never, tools: GenerateTools) => Promise<Params[]>

/** Generators by key. One that is missing here is refused by name, never ignored. */
const generators: Readonly<Record<string, AnyRun>> = {
  list: list,
  clusters: clusters,
  git: ((generator: GitGenerator, tools: GenerateTools) => {
    if (generator.directories && generator.directories.length > 0) return wrap(gitDirectories(generator, tools))
    if (generator.files && generator.files.length > 0) throw refusal('git files')
    throw new GenerateError('ApplicationParamsGenerationError', 'ApplicationSet is empty')
  }) satisfies GeneratorRun<GitGenerator>,
}

async function wrap(params: Promise<Params[]>): Promise<Params[]> {
  try {
    return await params
  } catch (error) {
    if (error instanceof GenerateError) throw error
    const text = error instanceof Error ? error.message : String(error)
    throw new GenerateError(
      'ApplicationParamsGenerationError',
      `error generating params from git: error getting directories from repo: ${text}`,
    )
  }
}

function refusal(kind: string): GenerateError {
  return new GenerateError(
    'ApplicationParamsGenerationError',
    `the ${kind} generator is not supported yet: use list, clusters or git directories`,
  )
}

/** All applications of a set, in the order of its generators. Any failure fails the whole: half an answer deletes. */
export async function generate(set: ApplicationSet, sources: GenerateSources): Promise<Generated[]> {
  const { spec } = set
  if (spec.goTemplate) {
    throw new GenerateError(
      'RenderTemplateParamsError',
      'goTemplate: true is not supported yet: use plain {{name}} templates',
    )
  }
  const tools: GenerateTools = { ...sources, goTemplate: false, render: renderSimple }
  const applications: Generated[] = []
  for (const generator of spec.generators ?? []) {
    for (const { params, template } of await run(generator, spec.template ?? {}, tools)) {
      applications.push(application(set, template, params, tools.render))
    }
  }
  return applications
}

async function run(
  generator: Generator,
  template: Template,
  tools: GenerateTools,
): Promise<{ params: Params; template: Template }[]> {
  const { selector, ...rest } = generator
  const kinds = Object.keys(rest).filter((key) => rest[key] !== undefined && rest[key] !== null)
  if (kinds.length === 0) throw new GenerateError('ApplicationParamsGenerationError', 'ApplicationSet is empty')
  const out: { params: Params; template: Template }[] = []
  for (const kind of kinds) {
    const make = generators[kind]
    if (!make) throw refusal(kind)
    const found = await make(rest[kind] as never, tools)
    const merged = fillIn((rest[kind] as { template?: Template }).template ?? {}, template)
    for (const params of found) {
      if (selector && !matchesSelector(selector, flatten(params))) continue
      out.push({ params, template: merged })
    }
  }
  return out
}

function application(set: ApplicationSet, template: Template, params: Params, render: RenderText): Generated {
  const { metadata = {}, spec = {} } = renderDeep(template, params, render)
  const preserve = set.spec.syncPolicy?.preserveResourcesOnDeletion ?? false
  const finalizers = metadata.finalizers ?? (preserve ? undefined : ['resources-finalizer.argocd.argoproj.io'])
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      ...(metadata.name ? { name: metadata.name } : {}),
      namespace: set.metadata.namespace ?? 'argocd',
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
      ...(finalizers && finalizers.length > 0 ? { finalizers } : {}),
    },
    spec,
  }
}
