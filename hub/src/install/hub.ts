import { containerEnvironment } from '@flotilla/shared/runtime/environment'

/** What an installation of a hub needs to know. */
export interface HubInstall {
  readonly namespace: string
  readonly image: string
}

/**
 * A hub as one YAML for `kubectl apply -f -`: one replica, because one process owns its store; a volume, because all that
 * it knows is there; no rights on the cluster it runs in, because it needs none: what it serves is its own.
 */
export function hubManifest({ namespace, image }: HubInstall): string {
  const labels = '{app.kubernetes.io/name: flotilla-hub}'
  return `# Installs a Flotilla hub. The first password of "admin" is in its log, and in its own Secret argocd-initial-admin-secret.
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
---
# The hub asks nothing of the cluster it runs in.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: flotilla-hub
  namespace: ${namespace}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: flotilla-hub
  namespace: ${namespace}
  labels: ${labels}
spec:
  selector: ${labels}
  ports:
  - {name: https, port: 443, targetPort: https}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: flotilla-hub
  namespace: ${namespace}
  labels: ${labels}
spec:
  replicas: 1
  serviceName: flotilla-hub
  selector:
    matchLabels: ${labels}
  template:
    metadata:
      labels: ${labels}
    spec:
      serviceAccountName: flotilla-hub
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 60
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        fsGroup: 10001
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: hub
        image: ${JSON.stringify(image)}
        # Agents and browsers reach the hub by this address; with --tls-cert and --tls-key it serves a certificate of yours.
        args: [hub, --data, /data, --listen, "0.0.0.0:8443", --url, "https://flotilla-hub.${namespace}.svc"]
        env:
        - {name: HOME, value: /data}
${containerEnvironment('        ')}
        ports:
        - {name: https, containerPort: 8443}
        startupProbe:
          httpGet: {path: /healthz, port: https, scheme: HTTPS}
          periodSeconds: 2
          failureThreshold: 60
        readinessProbe:
          httpGet: {path: /healthz, port: https, scheme: HTTPS}
        livenessProbe:
          httpGet: {path: /healthz, port: https, scheme: HTTPS}
          periodSeconds: 20
          failureThreshold: 6
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        resources:
          requests: {cpu: 250m, memory: 256Mi}
          limits: {memory: 2Gi}
        volumeMounts:
        - {name: data, mountPath: /data}
        - {name: tmp, mountPath: /tmp}
      volumes:
      - name: tmp
        emptyDir: {}
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      resources:
        requests:
          storage: 10Gi
`
}
