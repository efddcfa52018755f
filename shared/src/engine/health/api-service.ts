import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { conditions } from './fields.ts'
import { verdict } from './verdict.ts'

/** apiregistration.k8s.io APIService. */
export function apiServiceHealth(object: KubeObject): HealthStatus {
  const available = conditions(object).find(({ type }) => type === 'Available')
  if (!available) return verdict('Progressing', 'Waiting to be processed')
  return verdict(available.status === 'True' ? 'Healthy' : 'Progressing', `${available.reason}: ${available.message}`)
}
