import { selects, type LabelSelector } from '@flotilla/shared/k8s/label-selector'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { isObject } from '@flotilla/shared/lang/json'
import { parseYaml } from '@flotilla/shared/k8s/yaml'

/** The projects that argocd-cm makes global for one project: those whose selector its labels meet. */
export function globalProjectsOf(
  cm: Readonly<Record<string, string>>,
  project: KubeObject,
  named: (name: string) => KubeObject | undefined,
): KubeObject[] {
  const text = cm['globalProjects']
  const settings = text ? parseYaml(text) : undefined
  if (!Array.isArray(settings)) return []
  return settings.filter(isObject).flatMap((setting) => {
    const { projectName, labelSelector } = setting as { projectName?: string; labelSelector?: LabelSelector }
    if (!projectName || projectName === project.metadata.name) return []
    if (!selects(labelSelector ?? {}, project.metadata.labels)) return []
    const found = named(projectName)
    return found ? [found] : []
  })
}
