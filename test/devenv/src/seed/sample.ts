/** The sample repository: a small shop, one folder a service, deployed to every cluster by one ApplicationSet. */
export const sampleFiles: Readonly<Record<string, string>> = {
  'README.md': '# Sample\n\nChange anything below `apps/`, commit, and watch the clusters follow.\n',
  'apps/shop/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
data:
  greeting: hello
`,
  'apps/shop/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: registry.example.com/shop/web:1.0
          ports:
            - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - port: 80
      targetPort: 8080
`,
}

/** One application a cluster that is labelled `fleet=demo`. */
export function sampleSet(repoURL: string): Record<string, unknown> {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: {
      generators: [{ clusters: { selector: { matchLabels: { fleet: 'demo' } } } }],
      template: {
        metadata: { name: 'shop-{{name}}' },
        spec: {
          project: 'default',
          source: { repoURL, path: 'apps/shop', targetRevision: 'main' },
          destination: { name: '{{name}}', namespace: 'shop' },
          syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
        },
      },
    },
  }
}
