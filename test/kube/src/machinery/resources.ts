import type { ResourceRef } from '@flotilla/shared/apiserver/objects'

const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource })
const apps = (resource: string): ResourceRef => ({ group: 'apps', version: 'v1', resource })
const batch = (resource: string): ResourceRef => ({ group: 'batch', version: 'v1', resource })

/** The resources that controllers read and write. */
export const resources = {
  namespaces: core('namespaces'),
  pods: core('pods'),
  nodes: core('nodes'),
  services: core('services'),
  endpoints: core('endpoints'),
  serviceAccounts: core('serviceaccounts'),
  configMaps: core('configmaps'),
  secrets: core('secrets'),
  events: core('events'),
  claims: core('persistentvolumeclaims'),
  volumes: core('persistentvolumes'),
  quotas: core('resourcequotas'),
  replicationControllers: core('replicationcontrollers'),
  deployments: apps('deployments'),
  replicaSets: apps('replicasets'),
  statefulSets: apps('statefulsets'),
  daemonSets: apps('daemonsets'),
  revisions: apps('controllerrevisions'),
  jobs: batch('jobs'),
  cronJobs: batch('cronjobs'),
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' },
  ingresses: { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' },
  budgets: { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
  storageClasses: { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' },
  clusterRoles: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' },
} satisfies Record<string, ResourceRef>

/** `plural.group`, or the plural alone for the core group. */
export function resourceId(ref: ResourceRef): string {
  return ref.group === '' ? ref.resource : `${ref.resource}.${ref.group}`
}
