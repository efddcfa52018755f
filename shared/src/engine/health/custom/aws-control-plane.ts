import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { conditionsAt, type Condition, type RuleTable } from './rules.ts'
import { join } from './strict.ts'

const progressing = (message: string): HealthStatus => verdict('Progressing', message)

/** A control plane of EKS. */
function controlPlane(object: KubeObject): HealthStatus {
  if (at(object, 'status') === undefined) return progressing('Provisioning...')
  const observed = at(object, 'status', 'observedGeneration')
  const { generation } = object.metadata
  // It is written only where a reconciliation went well, so what lies behind tells of an older form.
  if (generation !== undefined && observed !== undefined && observed !== generation)
    return progressing('Waiting for the control plane spec to be reconciled')
  // This does not mend by waiting.
  const failure = text(object, 'status', 'failureMessage')
  if (failure !== '') return verdict('Degraded', failure)
  if (at(object, 'status', 'conditions') === undefined) return progressing('Provisioning...')
  return byConditions(object, conditionsAt(object))
}

function byConditions(object: KubeObject, all: readonly Condition[]): HealthStatus {
  const isTrue = (one: Condition, type: string): boolean => one['type'] === type && one['status'] === 'True'
  // Ready stays true through an update in place.
  if (all.some((one) => isTrue(one, 'EKSControlPlaneUpdating'))) return progressing('EKS control plane is updating')
  let errors = ''
  let failed = false
  for (const one of all) {
    if (isTrue(one, 'Ready')) return verdict('Healthy', 'Control plane is ready')
    if (one['status'] !== 'False' || one['severity'] !== 'Error') continue
    failed = true
    errors = join(70, errors, one['message'], ' ')
  }
  if (failed) return verdict('Degraded', errors)
  return progressing(
    at(object, 'status', 'ready') === false
      ? 'Control plane is not ready (.status.ready is false)'
      : 'Control plane is not ready',
  )
}

/** Cluster API's provider for AWS. */
export const awsControlPlaneRules: RuleTable = {
  'controlplane.cluster.x-k8s.io/AWSManagedControlPlane': controlPlane,
}
