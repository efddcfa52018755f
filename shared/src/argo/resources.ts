import type { ObjectRef, ResourceRef } from '../apiserver/objects.ts'

/** The namespace in which the hub keeps its own objects, as Argo CD does. */
export const controlNamespace = 'argocd'

/** The hub's own cluster as a destination. */
export const inClusterServer = 'https://kubernetes.default.svc'
export const inClusterName = 'in-cluster'

const argo = { group: 'argoproj.io', version: 'v1alpha1' } as const
const core = { group: '', version: 'v1' } as const

/** Addresses of the kinds that the hub reads and writes. */
export const resources = {
  applications: { ...argo, resource: 'applications' },
  applicationSets: { ...argo, resource: 'applicationsets' },
  appProjects: { ...argo, resource: 'appprojects' },
  secrets: { ...core, resource: 'secrets' },
  configMaps: { ...core, resource: 'configmaps' },
  events: { ...core, resource: 'events' },
  namespaces: { ...core, resource: 'namespaces' },
} as const

/** One object of a kind in a namespace. */
export function refOf(kind: ResourceRef, namespace: string, name: string): ObjectRef {
  return { ...kind, namespace, name }
}
