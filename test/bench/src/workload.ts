import type { KubeObject } from '@flotilla/shared/k8s/object'

/** What each application of a workload consists of. */
export interface Workload {
  readonly name: 'W1' | 'W2'
  /** The kinds that are counted, as paths below a server. */
  readonly lists: readonly string[]
  /** Objects an application has. */
  readonly size: number
  /** The objects of one application, at one round of changes. */
  objects(index: number, round: number): KubeObject[]
}

/** Where round and application are to be read from any object. */
export const roundAnnotation = 'bench.example.com/round'

const namespaceOf = (index: number): string => `bench-${index % 10}`
const nameOf = (index: number): string => `app-${String(index).padStart(5, '0')}`

/** Namespaces that the applications live in. */
export const namespaces: readonly string[] = Array.from({ length: 10 }, (_, index) => namespaceOf(index))

function object(apiVersion: string, kind: string, index: number, round: number, body: object): KubeObject {
  const annotations = { [roundAnnotation]: String(round) }
  const metadata = { name: nameOf(index), namespace: namespaceOf(index), labels: { app: nameOf(index) }, annotations }
  return { apiVersion, kind, metadata, ...body }
}

const configMap = (index: number, round: number): KubeObject =>
  object('v1', 'ConfigMap', index, round, { data: { text: `${index} `.padEnd(2000, 'x') } })

function deployment(index: number, round: number): KubeObject {
  const labels = { app: nameOf(index) }
  const container = {
    name: 'main',
    image: 'registry.example/app:1',
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [{ name: 'LOG_LEVEL', value: 'info' }],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
  }
  const template = { metadata: { labels }, spec: { serviceAccountName: nameOf(index), containers: [container] } }
  return object('apps/v1', 'Deployment', index, round, {
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  })
}

function service(index: number, round: number): KubeObject {
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }]
  return object('v1', 'Service', index, round, { spec: { selector: { app: nameOf(index) }, ports } })
}

function ingress(index: number, round: number): KubeObject {
  const backend = { service: { name: nameOf(index), port: { name: 'http' } } }
  const rule = { host: `${nameOf(index)}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }
  return object('networking.k8s.io/v1', 'Ingress', index, round, { spec: { rules: [rule] } })
}

export const workloads: Readonly<Record<'W1' | 'W2', Workload>> = {
  W1: {
    name: 'W1',
    lists: ['/api/v1/configmaps'],
    size: 1,
    objects: (index, round) => [configMap(index, round)],
  },
  W2: {
    name: 'W2',
    lists: [
      '/apis/apps/v1/deployments',
      '/api/v1/serviceaccounts',
      '/api/v1/services',
      '/apis/networking.k8s.io/v1/ingresses',
    ],
    size: 4,
    objects: (index, round) => [
      deployment(index, round),
      object('v1', 'ServiceAccount', index, round, {}),
      service(index, round),
      ingress(index, round),
    ],
  },
}

/** The path of an application in its repository. */
export const folderOf = (index: number): string => `apps/${nameOf(index)}`

/** An Argo CD Application for one of them. */
export function application(index: number, repoURL: string, cluster: string): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: nameOf(index), namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL, targetRevision: 'main', path: folderOf(index) },
      destination: { name: cluster, namespace: namespaceOf(index) },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  }
}
