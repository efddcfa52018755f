import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { conditions } from './fields.ts'
import { verdict } from './verdict.ts'

/** batch/v1 Job. That a condition is there is enough, whatever its status says: so Argo CD has it. */
export function jobHealth(object: KubeObject): HealthStatus {
  let failure: string | undefined
  let ended: string | undefined
  let suspended = false
  for (const { type, status, message } of conditions(object)) {
    if (type === 'Failed') failure = message
    if (type === 'Complete' || type === 'Suspended') ended = message
    if (type === 'Suspended' && status === 'True') suspended = true
  }
  if (failure !== undefined) return verdict('Degraded', failure)
  if (ended === undefined) return verdict('Progressing')
  return verdict(suspended ? 'Suspended' : 'Healthy', ended)
}
