import { controlNamespace, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'

/** Makes the ConfigMaps that hold the settings, empty, so that `kubectl patch` and `kubectl edit` find them. */
export async function ensureSettings(objects: Objects): Promise<void> {
  for (const name of ['argocd-cm', 'argocd-rbac-cm']) {
    const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'argocd' }
    const metadata = { name, namespace: controlNamespace, labels }
    const kind = { ...resources.configMaps, namespace: controlNamespace }
    try {
      await objects.create(kind, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 409) throw error
    }
  }
}
