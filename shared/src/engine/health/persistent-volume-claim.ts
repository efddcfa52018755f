import type { HealthStatus, HealthStatusCode } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { text } from './fields.ts'
import { verdict } from './verdict.ts'

const phases: Readonly<Record<string, HealthStatusCode>> = dictionary({
  Bound: 'Healthy',
  Pending: 'Progressing',
  Lost: 'Degraded',
})

/** v1 PersistentVolumeClaim. */
export function persistentVolumeClaimHealth(object: KubeObject): HealthStatus {
  return verdict(phases[text(object, 'status', 'phase')] ?? 'Unknown')
}
