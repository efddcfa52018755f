import type { KubeObject } from '@flotilla/shared/k8s/object'

interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

const group = 'rbac.authorization.k8s.io'
const apiVersion = `${group}/v1`
const bootstrap = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

const role = (
  name: string,
  rules: readonly Rule[] | undefined,
  labels: Readonly<Record<string, string>> = {},
): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name, labels: { ...bootstrap, ...labels }, annotations },
  ...(rules ? { rules } : {}),
})

/** A role whose rules are those of other roles; a controller writes them. */
const aggregated = (name: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  ...role(name, undefined, labels),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${group}/aggregate-to-${name}`]: 'true' } }] },
})

const partOf = (name: string): Record<string, string> => ({ [`${group}/aggregate-to-${name}`]: 'true' })

const binding = (name: string, roleName: string, subjects: readonly object[]): KubeObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name, labels: bootstrap, annotations },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name: roleName },
  ...(subjects.length > 0 ? { subjects } : {}),
})

const groupNamed = (name: string): object => ({ apiGroup: group, kind: 'Group', name })

const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const all = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** A rule on resources named in one text: `rule(read, 'apps', 'deployments deployments/scale')`. */
const rule = (verbs: readonly string[], apiGroup: string, resources: string): Rule => ({
  verbs,
  apiGroups: [apiGroup],
  resources: resources.split(' '),
})
const urls = (...nonResourceURLs: readonly string[]): Rule => ({ verbs: ['get'], nonResourceURLs })

const everyday: readonly Rule[] = [
  rule(
    write,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  rule(write, 'autoscaling', 'horizontalpodautoscalers'),
  rule(write, 'batch', 'cronjobs jobs'),
  rule(
    write,
    'extensions',
    'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
  ),
  rule(write, 'policy', 'poddisruptionbudgets'),
  rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
]

const editRules: readonly Rule[] = [
  rule(read, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(write, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule(['create'], '', 'pods/eviction'),
  rule(
    write,
    '',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  rule(['create'], '', 'serviceaccounts/token'),
  ...everyday,
  rule(all, 'coordination.k8s.io', 'leases'),
]

const viewRules: readonly Rule[] = [
  rule(
    read,
    '',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    read,
    '',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  rule(read, '', 'namespaces'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(
    read,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(
    read,
    'extensions',
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ),
  rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  rule(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
]

const healthUrls = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const issuerUrls = ['/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks']
const authentication = 'authentication.k8s.io'
const authorization = 'authorization.k8s.io'

/** The roles and bindings of a new cluster that its users and clients meet; those of its own components are left out. */
export const bootstrapRoles: readonly KubeObject[] = [
  role('cluster-admin', [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]),
  role('system:discovery', [
    urls(
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ),
  ]),
  role('system:monitoring', [
    urls('/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'),
  ]),
  role('system:basic-user', [
    rule(['create'], authorization, 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    rule(['create'], authentication, 'selfsubjectreviews'),
  ]),
  role('system:public-info-viewer', [urls(...healthUrls)]),
  aggregated('admin'),
  aggregated('edit', partOf('admin')),
  aggregated('view', partOf('edit')),
  role(
    'system:aggregate-to-admin',
    [rule(['create'], authorization, 'localsubjectaccessreviews'), rule(all, group, 'rolebindings roles')],
    partOf('admin'),
  ),
  role('system:aggregate-to-edit', editRules, partOf('edit')),
  role('system:aggregate-to-view', viewRules, partOf('view')),
  role('system:auth-delegator', [
    rule(['create'], authentication, 'tokenreviews'),
    rule(['create'], authorization, 'subjectaccessreviews'),
  ]),
  role('system:kubelet-api-admin', [
    rule(['get', 'list', 'watch'], '', 'nodes'),
    rule(['proxy'], '', 'nodes'),
    rule(['*'], '', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
  ]),
  role('system:service-account-issuer-discovery', [urls(...issuerUrls, '/openid/v1/jwks/')]),
  ...[
    ['kube-apiserver-client', 'system:certificates.k8s.io:kube-apiserver-client-approver'],
    ['kube-apiserver-client-kubelet', 'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver'],
    ['kubelet-serving', 'system:certificates.k8s.io:kubelet-serving-approver'],
    ['legacy-unknown', 'system:certificates.k8s.io:legacy-unknown-approver'],
  ].map(([signer = '', name = '']) =>
    role(name, [
      {
        ...rule(['approve'], 'certificates.k8s.io', 'signers'),
        resourceNames: [`kubernetes.io/${signer}`],
      },
    ]),
  ),
  binding('cluster-admin', 'cluster-admin', [groupNamed('system:masters')]),
  binding('system:monitoring', 'system:monitoring', [groupNamed('system:monitoring')]),
  binding('system:discovery', 'system:discovery', [groupNamed('system:authenticated')]),
  binding('system:basic-user', 'system:basic-user', [groupNamed('system:authenticated')]),
  binding('system:public-info-viewer', 'system:public-info-viewer', [
    groupNamed('system:authenticated'),
    groupNamed('system:unauthenticated'),
  ]),
  binding('system:service-account-issuer-discovery', 'system:service-account-issuer-discovery', [
    groupNamed('system:serviceaccounts'),
  ]),
]
