import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { isObject } from '@flotilla/shared/lang/json'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { specOf } from './project.ts'

/** The projects that argocd-cm makes global for one project: those whose selector its labels meet. */
export function globalProjectsOf(
  cm: Readonly<Record<string, string>>,
  project: KubeObject,
  named: (name: string) => KubeObject | undefined,
): KubeObject[] {
  const settings = settingsOf(cm['globalProjects'])
  return settings.filter(isObject).flatMap((setting) => {
    const { projectName, labelSelector } = setting as { projectName?: string; labelSelector?: LabelSelector }
    if (!projectName || projectName === project.metadata.name) return []
    if (!selects(labelSelector ?? {}, project.metadata.labels)) return []
    const found = named(projectName)
    return found ? [found] : []
  })
}

function settingsOf(text: string | undefined): readonly unknown[] {
  try {
    const settings = text ? parseYaml(text) : undefined
    return Array.isArray(settings) ? settings : []
  } catch {
    // As with Argo CD, what cannot be read makes no project global.
    return []
  }
}

const merged = [
  'clusterResourceWhitelist',
  'clusterResourceBlacklist',
  'namespaceResourceWhitelist',
  'namespaceResourceBlacklist',
  'syncWindows',
  'sourceRepos',
  'destinations',
  'destinationServiceAccounts',
] as const

/** A project with the rules of its global projects behind its own; its roles and all else stay as they are. */
export function withGlobalRules(project: KubeObject, globals: readonly KubeObject[]): KubeObject {
  if (globals.length === 0) return project
  const own = specOf(project)
  const lists = merged.flatMap((field) => {
    const all = [project, ...globals].flatMap((each) => listOf(specOf(each)[field]))
    return all.length > 0 ? [[field, all] as const] : []
  })
  return { ...project, spec: { ...own, ...Object.fromEntries(lists) } }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
