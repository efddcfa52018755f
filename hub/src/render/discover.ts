import type { Tree } from '../git/repository.ts'
import { isKustomization } from './detect.ts'
import type { SourceType } from './render.ts'

/** The folders of a tree that hold charts or kustomizations; where one holds both, it is a kustomization. */
export function discoverSources(tree: Tree): ReadonlyMap<string, SourceType> {
  const found = new Map<string, SourceType>()
  for (const { path } of tree.files) {
    const slash = path.lastIndexOf('/')
    const folder = slash < 0 ? '.' : path.slice(0, slash)
    const name = path.slice(slash + 1)
    if (isKustomization(name)) found.set(folder, 'Kustomize')
    else if (name.endsWith('Chart.yaml') && !found.has(folder)) found.set(folder, 'Helm')
  }
  return found
}
