import { wrongType } from '@flotilla/shared/engine/health/go-json'
import { isMap, print } from '@flotilla/shared/gotemplate/values'
import type { GenerateTools, GeneratorRun } from '../generate.ts'
import { sanitizeName } from '../names.ts'
import { flatten } from '../selector.ts'
import type { GitGenerator, Params } from '../types.ts'
import { withValues } from '../values.ts'

/** `git` with `files`: one set of parameters for each object in each file that is included and not excluded. */
export const gitFiles: GeneratorRun<GitGenerator> = async (generator, tools) => {
  const items = generator.files ?? []
  const files = await tools.files(generator.repoURL, generator.revision ?? '')
  const hits = (path: string, excludes: boolean): boolean =>
    items.some((item) => (item.exclude ?? false) === excludes && matches(item.path, path))
  const paths = [...files.keys()].filter((path) => hits(path, false) && !hits(path, true)).toSorted()
  return paths.flatMap((path) => {
    const failed = `error generating params from git: unable to process file '${path}' from repository '${generator.repoURL}': failed to append templated values`
    const objects = objectsIn(files.get(path)?.() ?? '', path, generator.repoURL, tools)
    return objects.map((object) => {
      const params = tools.goTemplate ? nested(object, path, generator) : flat(object, path, generator)
      return withValues(params, generator.values, tools, failed)
    })
  })
}

/** Patterns are those of Git's own file lists: an asterisk crosses slashes, a folder stands for all in it. */
function matches(pattern: string, path: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return path === pattern || path.startsWith(`${pattern.replace(/\/$/, '')}/`)
  const source = pattern.replace(
    /\\(.)|\[!?[^\]]*\]|[*?]|[.+^${}()|\]\\/]/g,
    (piece: string, escaped: string | undefined) => {
      if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
      if (piece === '*') return '.*'
      if (piece === '?') return '.'
      return piece.startsWith('[') && piece.length > 1 ? piece.replace(/^\[!/, '[^') : `\\${piece}`
    },
  )
  return new RegExp(`^${source}$`, 'su').test(path)
}

function objectsIn(text: string, path: string, url: string, { parseYaml }: GenerateTools): Params[] {
  const refuse = (why: string): Error =>
    new Error(`unable to process file '${path}' from repository '${url}': unable to parse file: ${why}`)
  let value: unknown
  try {
    value = parseYaml(text)
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error))
  }
  if (value === null || value === undefined) return [{}]
  if (isMap(value)) return [value]
  if (Array.isArray(value) && value.every(isMap)) return value
  // Read as an object first, then as a list of them: the second failure is the one that is told.
  const wrong: unknown = Array.isArray(value) ? value.find((each) => !isMap(each)) : value
  const target = Array.isArray(value) ? 'map[string]interface {}' : '[]map[string]interface {}'
  throw refuse(`error unmarshaling JSON: while decoding JSON: ${wrongType(wrong, `value of type ${target}`)}`)
}

const baseOf = (path: string): string => path.split('/').at(-1) ?? path
const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')

function nested(object: Params, file: string, { pathParamPrefix = '' }: GitGenerator): Params {
  const folder = folderOf(file)
  const path = {
    path: folder,
    basename: baseOf(folder),
    filename: baseOf(file),
    basenameNormalized: sanitizeName(baseOf(folder)),
    filenameNormalized: sanitizeName(baseOf(file)),
    segments: folder.split('/'),
  }
  return { ...object, ...(pathParamPrefix === '' ? { path } : { [pathParamPrefix]: { path } }) }
}

function flat(object: Params, file: string, { pathParamPrefix = '' }: GitGenerator): Params {
  const folder = folderOf(file)
  const name = pathParamPrefix === '' ? 'path' : `${pathParamPrefix}.path`
  const params: Params = { ...flattened(object) }
  params[name] = folder
  params[`${name}.basename`] = baseOf(folder)
  params[`${name}.filename`] = baseOf(file)
  params[`${name}.basenameNormalized`] = sanitizeName(baseOf(folder))
  params[`${name}.filenameNormalized`] = sanitizeName(baseOf(file))
  folder.split('/').forEach((segment, index) => {
    if (segment !== '') params[`${name}[${index}]`] = segment
  })
  return params
}

/** Values as Go prints them, numbers as doubles. */
function flattened(object: Params): Record<string, string> {
  const printed = (value: unknown): unknown => {
    if (typeof value === 'number') return print(value)
    if (Array.isArray(value)) return value.map(printed)
    return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, printed(each)])) : value
  }
  return flatten(printed(object) as Params)
}
