import type { HealthStatus } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { asText, conditionsAt, type Condition } from './custom/rules.ts'
import { at } from './fields.ts'
import { verdict } from './verdict.ts'

/** The key of argocd-cm that asks for {@link healthByConditions}; not one of Argo CD's. */
export const conditionsSetting = 'resource.health.fromConditions'

const failed = /fail|error|invalid|denied|rejected/i

/**
 * A careful reading of a custom resource that no rule knows, by the conventions of Kubernetes' API: `Stalled`,
 * `Reconciling` and `Ready`, and the generation they were observed at. What does not speak of readiness at all has no
 * verdict, as without this rule.
 */
export function healthByConditions(object: KubeObject): HealthStatus | undefined {
  const all = conditionsAt(object)
  const find = (type: string): Condition | undefined => all.find((one) => one['type'] === type)
  const [stalled, reconciling, ready] = [find('Stalled'), find('Reconciling'), find('Ready')]
  if (!stalled && !reconciling && !ready) return undefined
  if (isLate(object, at(object, 'status', 'observedGeneration')) || isLate(object, ready?.['observedGeneration']))
    return verdict('Progressing', 'Waiting for the latest generation to be observed')
  if (isTrue(stalled)) return verdict('Degraded', words(stalled))
  if (isTrue(reconciling)) return verdict('Progressing', words(reconciling))
  if (!ready) return undefined
  if (isTrue(ready)) return verdict('Healthy', words(ready))
  // Not ready is usually not ready yet: only a reason that names a failure is believed to be one.
  const bad = ready['status'] === 'False' && failed.test(asText(ready['reason']))
  return verdict(bad ? 'Degraded' : 'Progressing', words(ready))
}

function isLate({ metadata: { generation } }: KubeObject, observed: unknown): boolean {
  return typeof observed === 'number' && generation !== undefined && observed < generation
}

function isTrue(condition: Condition | undefined): condition is Condition {
  return condition?.['status'] === 'True'
}

const words = (condition: Condition): string => asText(condition['message'] ?? condition['reason'])
