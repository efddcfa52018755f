import type { HealthStatus, HealthStatusCode } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { text } from './fields.ts'
import { verdict } from './verdict.ts'

const phases: Readonly<Record<string, HealthStatusCode>> = dictionary({
  '': 'Progressing',
  Pending: 'Progressing',
  Running: 'Progressing',
  Succeeded: 'Healthy',
  Failed: 'Degraded',
  Error: 'Degraded',
})

/** argoproj.io Workflow. */
export function workflowHealth(object: KubeObject): HealthStatus {
  const status = phases[text(object, 'status', 'phase')]
  return verdict(status ?? 'Unknown', text(object, 'status', 'message'))
}
