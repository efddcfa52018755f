import { containerEnvironment } from '@flotilla/shared/runtime/environment'

/** What an installation of an agent needs to know. */
export interface InstallOptions {
  readonly cluster: string
  readonly hubUrl: string
  readonly token: string
  readonly image: string
}

/** The command that runs an agent beside a kubeconfig. */
export function installCommand(options: InstallOptions): string {
  const kubeconfig = '--kubeconfig "${KUBECONFIG:-$HOME/.kube/config}"'
  return `npx flotilla agent --hub ${options.hubUrl} --token ${options.token} ${kubeconfig} --state ./flotilla-agent-${options.cluster}`
}

/**
 * One YAML for `kubectl apply -f -`. The token lies in a Secret, is good for one join, and expires; the key that the
 * agent makes stays on its volume.
 */
export function installManifest(options: InstallOptions): string {
  const { cluster, hubUrl, token, image } = options
  const labels = '{app.kubernetes.io/name: flotilla-agent}'
  return `# Installs the Flotilla agent of cluster "${cluster}".
apiVersion: v1
kind: Namespace
metadata:
  name: flotilla-agent
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: flotilla-agent
  namespace: flotilla-agent
---
# What the agent may do is what GitOps may do on this cluster: narrow it to taste.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: flotilla-agent
rules:
- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["*"]
- nonResourceURLs: ["*"]
  verbs: ["*"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: flotilla-agent
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: flotilla-agent
subjects:
- kind: ServiceAccount
  name: flotilla-agent
  namespace: flotilla-agent
---
apiVersion: v1
kind: Secret
metadata:
  name: flotilla-agent-join
  namespace: flotilla-agent
stringData:
  token: ${JSON.stringify(token)}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: flotilla-agent-state
  namespace: flotilla-agent
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: flotilla-agent
  namespace: flotilla-agent
  labels: ${labels}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: ${labels}
  template:
    metadata:
      labels: ${labels}
    spec:
      serviceAccountName: flotilla-agent
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        fsGroup: 10001
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: agent
        image: ${JSON.stringify(image)}
        args: [agent, --hub, ${JSON.stringify(hubUrl)}, --token-file, /join/token, --state, /state]
        env:
${containerEnvironment('        ')}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        resources:
          requests: {cpu: 50m, memory: 96Mi}
          limits: {memory: 512Mi}
        volumeMounts:
        - {name: state, mountPath: /state}
        - {name: join, mountPath: /join, readOnly: true}
      volumes:
      - name: state
        persistentVolumeClaim: {claimName: flotilla-agent-state}
      - name: join
        secret: {secretName: flotilla-agent-join}
`
}
