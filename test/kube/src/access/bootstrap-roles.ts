import type { KubeObject } from '@flotilla/shared/k8s/object'

interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

const group = 'rbac.authorization.k8s.io'
const apiVersion = `${group}/v1`
const bootstrap = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }
const healthUrls = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const apiUrls = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*']

const role = (name: string, rules: readonly Rule[], labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name, labels: { ...bootstrap, ...labels }, annotations },
  rules,
})

/** A role whose rules are those of other roles; a controller writes them. */
const aggregated = (name: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  ...role(name, [], labels),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${group}/aggregate-to-${name}`]: 'true' } }] },
})

const binding = (name: string, roleName: string, ...groups: readonly string[]): KubeObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name, labels: bootstrap, annotations },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name: roleName },
  subjects: groups.map((member) => ({ apiGroup: group, kind: 'Group', name: member })),
})

const readVerbs = ['get', 'list', 'watch']
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update']
/** What users of a namespace work with, by API group. */
const everyday: readonly (readonly [string, readonly string[]])[] = [
  [
    '',
    [
      'configmaps',
      'endpoints',
      'persistentvolumeclaims',
      'pods',
      'replicationcontrollers',
      'serviceaccounts',
      'services',
    ],
  ],
  [
    'apps',
    [
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
]
const everydayRules = (verbs: readonly string[]): Rule[] =>
  everyday.map(([apiGroup, resources]) => ({ verbs, apiGroups: [apiGroup], resources }))
const partOf = (name: string): Record<string, string> => ({ [`${group}/aggregate-to-${name}`]: 'true' })

/** The roles and bindings of a new cluster that clients of it meet; those of its own components are left out. */
export const bootstrapRoles: readonly KubeObject[] = [
  role('cluster-admin', [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]),
  role('system:discovery', [
    {
      verbs: ['get'],
      nonResourceURLs: [...apiUrls.slice(0, 4), ...healthUrls.slice(0, 2), ...apiUrls.slice(4), ...healthUrls.slice(2)],
    },
  ]),
  role('system:basic-user', [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ]),
  role('system:public-info-viewer', [{ verbs: ['get'], nonResourceURLs: healthUrls }]),
  aggregated('admin'),
  aggregated('edit', partOf('admin')),
  aggregated('view', partOf('edit')),
  role(
    'system:aggregate-to-admin',
    [{ verbs: [...readVerbs, ...writeVerbs], apiGroups: [group], resources: ['rolebindings', 'roles'] }],
    partOf('admin'),
  ),
  role(
    'system:aggregate-to-edit',
    [...everydayRules(writeVerbs), { verbs: [...readVerbs, ...writeVerbs], apiGroups: [''], resources: ['secrets'] }],
    partOf('edit'),
  ),
  role(
    'system:aggregate-to-view',
    [
      ...everydayRules(readVerbs),
      { verbs: readVerbs, apiGroups: [''], resources: ['events', 'namespaces', 'pods/log'] },
    ],
    partOf('view'),
  ),
  binding('cluster-admin', 'cluster-admin', 'system:masters'),
  binding('system:discovery', 'system:discovery', 'system:authenticated'),
  binding('system:basic-user', 'system:basic-user', 'system:authenticated'),
  binding('system:public-info-viewer', 'system:public-info-viewer', 'system:authenticated', 'system:unauthenticated'),
]
