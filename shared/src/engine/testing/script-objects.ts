import type { KubeObject } from '../../k8s/object.ts'

const groups: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  PodDisruptionBudget: 'policy/v1',
  StorageClass: 'storage.k8s.io/v1',
  APIService: 'apiregistration.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Application: 'argoproj.io/v1alpha1',
  Thing: 'example.com/v1',
}

const clusterScoped = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'PersistentVolume',
  'APIService',
  'IngressClass',
])

const keys: Readonly<Record<string, string>> = {
  wave: 'argocd.argoproj.io/sync-wave',
  weight: 'helm.sh/hook-weight',
  hook: 'argocd.argoproj.io/hook',
  helm: 'helm.sh/hook',
  policy: 'argocd.argoproj.io/hook-delete-policy',
  options: 'argocd.argoproj.io/sync-options',
  compare: 'argocd.argoproj.io/compare-options',
  ignore: 'argocd.argoproj.io/ignore-healthcheck',
  tracked: 'argocd.argoproj.io/tracking-id',
}

/** An object in a line of a script: `Kind/name wave:1 hook:PreSync`, in namespace `ns` where its kind has one. */
export function scriptObject(line: string): { readonly object: KubeObject; readonly words: readonly string[] } {
  const [id = '', ...words] = line.trim().split(/\s+/)
  const [kind = '', name = ''] = id.split('/')
  const annotations: Record<string, string> = {}
  for (const word of words) {
    const colon = word.indexOf(':')
    const key = keys[word.slice(0, colon)]
    if (colon > 0 && key !== undefined) annotations[key] = word.slice(colon + 1)
  }
  const namespace = words.find((word) => word.startsWith('in:'))?.slice(3)
  const metadata = {
    name,
    ...(clusterScoped.has(kind) ? {} : { namespace: namespace ?? 'ns' }),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
  const defines = words.find((word) => word.startsWith('defines:'))?.slice(8)
  const spec = defines === undefined ? {} : { spec: { group: groupOf(defines), names: { kind: defines } } }
  return { object: { apiVersion: groups[kind] ?? 'v1', kind, metadata, ...spec } as KubeObject, words }
}

function groupOf(kind: string): string {
  const [group = ''] = (groups[kind] ?? '').split('/')
  return group
}

/** The lines of an input that say anything. */
export function linesOf(input: string): string[] {
  return input.split('\n').filter((line) => line.trim() !== '')
}
