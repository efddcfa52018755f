import { renderGo } from './template/go.ts'
import { applyTemplatePatch } from './template/patch.ts'
import { gitFiles } from './generators/git-files.ts'
import { matrix } from './generators/matrix.ts'
import { merge } from './generators/merge.ts'
import { clusters, type ClusterFacts } from './generators/clusters.ts'
import { gitDirectories } from './generators/git-directories.ts'
import { list } from './generators/list.ts'
import { checkParamSelector, flatten, matchesSelector } from './selector.ts'
import { fillIn } from './template/merge.ts'
import { asGoWrites } from './template/written.ts'
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
import { dictionary } from '@flotilla/shared/lang/dictionary'

/** What generators read of the outside. Each may fail; a failure generates nothing. */
export interface GenerateSources {
  clusters(): Promise<readonly ClusterFacts[]> | readonly ClusterFacts[]
  /** All folders of a revision below its root, sorted. */
  directories(repoURL: string, revision: string): Promise<readonly string[]>
  /** All files of a revision, each read when it is asked for. */
  files(repoURL: string, revision: string): Promise<ReadonlyMap<string, () => string>>
  parseYaml(this: void, text: string): unknown
  /** Milliseconds since the epoch, for templates that speak of time. */
  now(this: void): number
}

export interface GenerateTools extends GenerateSources {
  readonly goTemplate: boolean
  readonly render: RenderText
  /** Where a missing key is an error whatever the options say. */
  readonly renderStrict: RenderText
  /** What a generator gives, a list for each kind in it. */
  runAll(generator: Generator): Promise<Params[][]>
}

/** Makes the parameters of one generator. */
export type GeneratorRun<G> = (generator: G, tools: GenerateTools) => Promise<Params[]>

type AnyRun = (generator: never, tools: GenerateTools) => Promise<Params[]>

/** Generators by key. One that is missing here is refused by name, never ignored. */
const generators: Readonly<Record<string, AnyRun>> = dictionary({
  list: list,
  clusters: clusters,
  matrix: matrix,
  merge: merge,
  git: ((generator: GitGenerator, tools: GenerateTools) => {
    if (generator.directories && generator.directories.length > 0)
      return wrap(gitDirectories(generator, tools), 'directories')
    if (generator.files && generator.files.length > 0) return wrap(gitFiles(generator, tools), 'files')
    throw new GenerateError('ApplicationGenerationFromParamsError', 'ApplicationSet is empty')
  }) satisfies GeneratorRun<GitGenerator>,
})

async function wrap(params: Promise<Params[]>, what: 'directories' | 'files'): Promise<Params[]> {
  try {
    return await params
  } catch (error) {
    if (error instanceof GenerateError) throw error
    const text = error instanceof Error ? error.message : String(error)
    throw new GenerateError(
      'ApplicationGenerationFromParamsError',
      what === 'files' && text.startsWith('unable to process file')
        ? `error generating params from git: ${text}`
        : `error generating params from git: error getting ${what} from repo: ${text}`,
    )
  }
}

function refusal(kind: string): GenerateError {
  return new GenerateError(
    'ApplicationGenerationFromParamsError',
    `the ${kind} generator is not supported yet: use list, clusters, git, matrix or merge`,
  )
}

/** All applications of a set, in the order of its generators. Any failure fails the whole: half an answer deletes. */
export async function generate(set: ApplicationSet, sources: GenerateSources): Promise<Generated[]> {
  const { spec } = set
  const goTemplate = spec.goTemplate === true
  const strict = [
    ...(spec.goTemplateOptions ?? []).filter((option) => !option.startsWith('missingkey=')),
    'missingkey=error',
  ]
  const tools: GenerateTools = {
    ...sources,
    goTemplate,
    render: goTemplate ? renderGo(spec.goTemplateOptions ?? [], sources.now) : renderSimple,
    renderStrict: goTemplate ? renderGo(strict, sources.now) : renderSimple,
    runAll: async (generator) => (await run(generator, {}, tools)).map(({ sets }) => sets),
  }
  const applications: Generated[] = []
  for (const generator of spec.generators ?? []) {
    if (isEmpty(generator)) throw new GenerateError('ApplicationGenerationFromParamsError', 'ApplicationSet is empty')
    for (const { sets, template } of await run(generator, spec.template ?? {}, tools)) {
      for (const params of sets) applications.push(application(set, template, params, tools))
    }
  }
  return applications
}

function isEmpty(generator: Generator): boolean {
  return Object.entries(generator).every(([key, kind]) => key === 'selector' || kind === undefined || kind === null)
}

async function run(
  generator: Generator,
  template: Template,
  tools: GenerateTools,
): Promise<{ sets: Params[]; template: Template }[]> {
  const { selector, ...rest } = generator
  const kinds = Object.keys(rest).filter((key) => rest[key] !== undefined && rest[key] !== null)
  if (selector) checkParamSelector(selector)
  const out: { sets: Params[]; template: Template }[] = []
  for (const kind of kinds) {
    const make = generators[kind]
    if (!make) throw refusal(kind)
    const found = await make(rest[kind] as never, tools)
    const merged = fillIn((rest[kind] as { template?: Template }).template ?? {}, template)
    const sets = selector ? found.filter((params) => matchesSelector(selector, flatten(params))) : found
    out.push({ sets, template: merged })
  }
  return out
}

function application(set: ApplicationSet, template: Template, params: Params, tools: GenerateTools): Generated {
  // Without parameters there is nothing to put in, and Argo CD leaves the template as it is.
  const bare = Object.keys(params).length === 0
  const { metadata = {}, spec = {} } = bare ? template : renderDeep(template, params, tools.render)
  const preserve = set.spec.syncPolicy?.preserveResourcesOnDeletion ?? false
  const own = metadata.finalizers && metadata.finalizers.length > 0 ? metadata.finalizers : undefined
  const finalizers = own ?? (preserve || bare ? undefined : ['resources-finalizer.argocd.argoproj.io'])
  const made: Generated = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      ...(metadata.name ? { name: metadata.name } : {}),
      ...(set.metadata.namespace ? { namespace: set.metadata.namespace } : {}),
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
    spec,
  }
  const { templatePatch } = set.spec
  if (templatePatch === undefined) return asGoWrites(made)
  return asGoWrites(applyTemplatePatch(made, patchText(templatePatch, params, tools), tools.parseYaml))
}

function patchText(text: string, params: Params, tools: GenerateTools): string {
  try {
    return tools.render(text, params)
  } catch (error) {
    if (!(error instanceof GenerateError)) throw error
    throw new GenerateError(error.reason, `error replacing values in templatePatch: ${error.message}`)
  }
}
