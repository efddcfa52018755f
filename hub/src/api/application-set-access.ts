import type { KubeObject } from '@flotilla/shared/k8s/object'

/** The project of the applications that a set makes. */
export function projectOfSet(set: KubeObject): string {
  const spec = set['spec'] as { template?: { spec?: { project?: string } } } | undefined
  return spec?.template?.spec?.project || 'default'
}

/** What rights to a set are given by: `project/name`. */
export function rbacNameOfSet(set: KubeObject): string {
  return `${projectOfSet(set)}/${set.metadata.name ?? ''}`
}
