import type { DirectorySource } from '@flotilla/shared/argo/application'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { jsonStreamError } from '@flotilla/shared/lang/go-json-error'
import { globMatch } from '@flotilla/shared/lang/glob'
import type { Tree, TreeFile } from '../git/repository.ts'
import { manifestsOf, manifestsOfFile } from './manifests.ts'
import { basename } from 'node:path'
import { RenderError } from './render.ts'

const manifestName = /\.(?:ya?ml|json|jsonnet)$/
const skipMark = '+argocd:skip-file-rendering'

export interface DirectoryOptions {
  readonly directory: DirectorySource
  readonly jsonnetEnabled: boolean
  /** Evaluates one Jsonnet file of the tree. */
  readonly jsonnet: (file: TreeFile) => Promise<unknown>
}

/** The manifests of a folder of plain files, in order of their paths. */
export async function renderDirectory(tree: Tree, options: DirectoryOptions): Promise<KubeObject[]> {
  const manifests: KubeObject[] = []
  for (const file of tree.files.filter((each) => isWanted(each.path, options))) {
    if (file.outside !== undefined)
      throw new RenderError(`repository contains out-of-bounds symlinks. file: ${file.outside}`)
    manifests.push(...(await renderFile(file, options)))
  }
  return manifests
}

function isWanted(path: string, { directory, jsonnetEnabled }: DirectoryOptions): boolean {
  if (!directory.disableExtensionFilter && !manifestName.test(path)) return false
  if (path.endsWith('.jsonnet') && !jsonnetEnabled) return false
  if (path.includes('/') && !directory.recurse) return false
  if (directory.exclude && globMatch(directory.exclude, path)) return false
  return !directory.include || globMatch(directory.include, path)
}

async function renderFile(file: TreeFile, options: DirectoryOptions): Promise<KubeObject[]> {
  const text = Buffer.from(file.bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  if (text.includes(skipMark)) return []
  if (file.path.endsWith('.jsonnet')) return manifestsOfJsonnet(await options.jsonnet(file), file.path)
  if (!file.path.endsWith('.json')) return manifestsOfFile(text, basename(file.path))
  if (text.trim() === '') return []
  const value = parseJson(text, basename(file.path))
  return Array.isArray(value) ? value.flatMap(manifestsOf) : manifestsOf(value)
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const problem = jsonStreamError(text)
    if (!problem) {
      const only = 'Only single objects are allowed in JSON files.'
      throw new RenderError(`Found multiple objects in "${name}". ${only}`, { cause: error })
    }
    throw new RenderError(`Failed to unmarshal "${name}": ${problem.message}`, { cause: error })
  }
}

function manifestsOfJsonnet(value: unknown, path: string): KubeObject[] {
  if (!Array.isArray(value)) return manifestsOf(value)
  return value.flatMap((item: unknown) => {
    if (Array.isArray(item))
      throw new RenderError(
        `Failed to unmarshal generated json "${path}": json: cannot unmarshal array into Go value of type map[string]interface {}`,
      )
    return manifestsOf(item)
  })
}
