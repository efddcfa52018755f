import type { ApplicationSource } from '@flotilla/shared/argo/application'
import { isObject } from '@flotilla/shared/lang/json'
import type { Tree } from '../git/repository.ts'
import type { RenderSettings, SourceType } from './render.ts'
import { RenderError } from './render.ts'

const kustomizationNames = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])

/** Whether a file of this name makes its folder a kustomization. */
export function isKustomization(name: string): boolean {
  return kustomizationNames.has(name)
}

/** Which tool makes the manifests: what the source says, else what lies in the folder. */
export function detectType(source: ApplicationSource, tree: Tree, settings: RenderSettings): SourceType {
  const named = explicitType(source)
  const type = named ?? detectByFiles(tree)
  if (type === 'Helm' && settings.helmEnabled === false) return 'Directory'
  if (type === 'Kustomize' && settings.kustomizeEnabled === false) return 'Directory'
  return type
}

/** An empty block decides nothing. */
function explicitType(source: ApplicationSource): SourceType | undefined {
  const named: SourceType[] = []
  if (hasContent(source.kustomize)) named.push('Kustomize')
  if (source.chart || hasContent(source.helm)) named.push('Helm')
  if (hasContent(source.directory)) named.push('Directory')
  if (source.plugin !== undefined) named.push('Plugin')
  if (named.length > 1) throw new RenderError(`multiple application sources defined: ${named.join(',')}`)
  return named[0]
}

function detectByFiles(tree: Tree): SourceType {
  const names = tree.files.map((file) => file.path).filter((path) => !path.includes('/'))
  if (names.some((name) => kustomizationNames.has(name))) return 'Kustomize'
  return names.some((name) => name.endsWith('Chart.yaml')) ? 'Helm' : 'Directory'
}

function hasContent(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isObject(value)) return Object.values(value).some(hasContent)
  return value !== undefined && value !== null && value !== '' && value !== false
}
