import type { ApplicationSource } from '@flotilla/shared/argo/application'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { isObject, type JsonObject } from '@flotilla/shared/lang/json'
import type { Tree } from '../git/repository.ts'

const toolFields = ['helm', 'kustomize', 'directory', 'plugin'] as const

/** The source with `.argocd-source.yaml`, then `.argocd-source-<app>.yaml` merged over its tool options. */
export function withSourceFiles(source: ApplicationSource, tree: Tree, appName: string): ApplicationSource {
  let merged: JsonObject = { ...source }
  for (const name of ['.argocd-source.yaml', `.argocd-source-${appName}.yaml`]) {
    const file = tree.files.find((each) => each.path === name)
    const patch = file && parseYaml(Buffer.from(file.bytes).toString('utf8'))
    if (!isObject(patch)) continue
    for (const field of toolFields)
      if (field in patch) merged = { ...merged, [field]: merge(merged[field], patch[field]) }
  }
  return merged as ApplicationSource
}

/** JSON merge patch. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}
