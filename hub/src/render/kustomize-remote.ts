import { readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { isObject, type JsonObject } from '@flotilla/shared/lang/json'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { permitsSource } from '../projects/permits.ts'
import { RenderError } from './render.ts'
import { isInside } from './workspace.ts'

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
/** Entries that may be folders with kustomizations of their own, here or anywhere. */
const folders = ['resources', 'bases', 'components']
/** Entries that name files. */
const lists = ['crds', 'configurations', 'generators', 'transformers', 'validators', 'patchesStrategicMerge']
const withPaths = ['patches', 'patchesJson6902', 'replacements']
const withFiles = ['configMapGenerator', 'secretGenerator']

/** Every entry of a kustomization that names something to read; what is written in place is none. */
export function referencesIn(file: JsonObject): {
  readonly folders: readonly string[]
  readonly files: readonly string[]
} {
  const texts = (key: string): string[] => itemsOf(file[key]).filter((each) => typeof each === 'string')
  const objects = (key: string): JsonObject[] => itemsOf(file[key]).filter(isObject)
  const named = (items: readonly JsonObject[], ...keys: string[]): string[] =>
    items.flatMap((item) => keys.flatMap((key) => [item[key]].flat().filter((each) => typeof each === 'string')))
  const generated = withFiles.flatMap((key) => named(objects(key), 'files', 'envs', 'env'))
  const openApi = file['openapi']
  return {
    folders: folders.flatMap(texts),
    files: [
      ...lists.flatMap(texts).filter((each) => !each.includes('\n')),
      ...withPaths.flatMap((key) => named(objects(key), 'path')),
      ...generated.map((each) => each.replace(/^[^=]*=/, '')),
      ...(isObject(openApi) ? named([openApi], 'path') : []),
      ...named(objects('helmCharts'), 'repo', 'valuesFile'),
    ],
  }
}

/** Whether Kustomize would look for it somewhere else than on this disk. */
export function isRemote(reference: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:/i.test(reference) || // a URL, or `host:path`
    /^[^/]+@[^/]+:/.test(reference) ||
    /^(?:git::|(?:www\.)?(?:github|gitlab|bitbucket)\.[a-z]+[/:]|dev\.azure\.com\/)/i.test(reference) ||
    /\.git(?:\/|\?|$)/.test(reference) ||
    /[?&](?:ref|version|submodules|timeout)=/.test(reference)
  )
}

/**
 * Refuses what a kustomization, or one that it builds upon, would fetch from elsewhere, unless the project names that
 * source: `*` names none, for it was written of repositories that the hub itself reads.
 */
export async function refuseRemotes(root: string, folder: string, sources: readonly string[]): Promise<void> {
  const seen = new Set<string>()
  const visit = async (at: string): Promise<void> => {
    if (seen.has(at) || !(await isInside(root, at))) return
    seen.add(at)
    const file = await kustomizationOf(at)
    if (!file) return
    const references = referencesIn(file)
    for (const reference of [...references.folders, ...references.files]) {
      if (isRemote(reference) && !(await exists(join(at, reference))) && !isNamed(reference, sources)) {
        const where = relative(root, at) || '.'
        throw new RenderError(
          `${where}: the kustomization reads ${withoutUser(reference)}, which is not in its repository: bring it in, or name that source in the project's sourceRepos`,
        )
      }
    }
    for (const reference of references.folders) if (!isRemote(reference)) await visit(join(at, reference))
  }
  await visit(folder)
}

function isNamed(reference: string, sources: readonly string[]): boolean {
  const named = sources.filter((pattern) => !/^\*+$/.test(pattern))
  const url = reference.replace(/^git::/, '').replace(/\?.*$/, '')
  const repository = /^(.*?\.git)(?:\/|$)/.exec(url)?.[1] ?? url.replace(/(?<=[^/:])\/\/.*$/, '')
  return named.some((pattern) => !pattern.startsWith('!')) && permitsSource({ sourceRepos: named }, repository)
}

function withoutUser(reference: string): string {
  return reference.replace(/\/\/[^/@]*@/, '//')
}

async function kustomizationOf(folder: string): Promise<JsonObject | undefined> {
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    try {
      const value = parseYaml(text)
      return isObject(value) ? value : undefined
    } catch {
      // The build says what is wrong with it.
      return undefined
    }
  }
  return undefined
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
