import type { Application } from '@flotilla/shared/argo/application'
import { withTracking } from '@flotilla/shared/engine/tracking'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { instanceName } from '../applications/desired.ts'
import type { Settings } from '../settings/settings.ts'

/** Manifests with the mark of their application, as they would be applied; Secrets without what they hide. */
export function markedManifests(
  manifests: readonly KubeObject[],
  app: Application,
  { trackingMethod, instanceLabelKey, installationId }: Settings,
  unmasked = false,
): KubeObject[] {
  const namespace = app.spec.destination?.namespace ?? ''
  return manifests.map((manifest) => {
    const settings = { trackingMethod, instanceLabelKey, installationId }
    const marked = withTracking(manifest, instanceName(app), namespace, settings)
    return unmasked ? marked : masked(marked)
  })
}

/** A Secret's values never leave, and equal ones still look equal. */
function masked<T extends { kind: string; apiVersion: string }>(object: T): T {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const hide = (data: unknown): unknown =>
    typeof data === 'object' && data !== null
      ? Object.fromEntries(Object.keys(data).map((key) => [key, '++++++++']))
      : data
  const result: Record<string, unknown> = { ...object }
  for (const field of ['data', 'stringData']) if (field in result) result[field] = hide(result[field])
  return result as T
}
