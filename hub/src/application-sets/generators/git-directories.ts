import type { GeneratorRun } from '../generate.ts'
import { GlobError, pathMatch } from '../glob.ts'
import { sanitizeName } from '../names.ts'
import type { GitGenerator, Params } from '../types.ts'
import { withValues } from '../values.ts'

const failed = 'error generating params from git: error generating params from apps: failed to append templated values'

/** `git` with `directories`: one set of parameters for each folder that is included and not excluded. */
export const gitDirectories: GeneratorRun<GitGenerator> = async (generator, tools) => {
  const items = generator.directories ?? []
  const folders = (await tools.directories(generator.repoURL, generator.revision ?? '')).filter((folder) => {
    const hits = items.filter((item) => matches(item.path ?? '', folder))
    return hits.length > 0 && hits.every((item) => !item.exclude)
  })
  return folders.map((folder) =>
    withValues(pathParams(folder, generator.pathParamPrefix ?? '', tools.goTemplate), generator.values, tools, failed),
  )
}

/** A pattern that is none matches nothing, in silence, as in Argo CD. */
function matches(pattern: string, folder: string): boolean {
  try {
    return pathMatch(pattern, folder)
  } catch (error) {
    if (error instanceof GlobError || error instanceof SyntaxError) return false
    throw error
  }
}

const basename = (path: string): string => path.split('/').at(-1) ?? path

function pathParams(folder: string, prefix: string, goTemplate: boolean): Params {
  const base = basename(folder)
  if (goTemplate) {
    const path = { path: folder, basename: base, basenameNormalized: sanitizeName(base), segments: folder.split('/') }
    return prefix === '' ? { path } : { [prefix]: { path } }
  }
  const name = prefix === '' ? 'path' : `${prefix}.path`
  const params: Params = {
    [name]: folder,
    [`${name}.basename`]: base,
    [`${name}.basenameNormalized`]: sanitizeName(base),
  }
  folder.split('/').forEach((segment, index) => {
    if (segment !== '') params[`${name}[${index}]`] = segment
  })
  return params
}
