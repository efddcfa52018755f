import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import type { HealthStatus } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { asText, conditionsAt, type Condition } from './rules.ts'
import { join } from './strict.ts'

const failures = new Set(['CatalogSourcesUnhealthy', 'InstallPlanFailed', 'ResolutionFailed'])

/** A subscription of the Operator Lifecycle Manager. An upgrade that waits for a person's approval is no fault. */
export function subscriptionHealth(object: KubeObject): HealthStatus {
  if (at(object, 'status', 'conditions') === undefined) {
    return verdict('Progressing', 'An install plan for a subscription is pending installation')
  }
  const all = conditionsAt(object)
  const approval = waitsForApproval(object, all)
  let [degraded, pending] = [false, false]
  let message = ''
  for (const [index, condition] of all.entries()) {
    const { type, status, reason } = condition
    if (approval && type === 'InstallPlanPending') continue
    message += join(29, '', index + 1, ': ', type, ' | ', status, '\n')
    if (type === 'InstallPlanPending') pending ||= status === 'True'
    else if (type === 'InstallPlanMissing') degraded ||= reason !== 'ReferencedInstallPlanNotFound'
    else degraded ||= failures.has(asText(type)) && status === 'True'
  }
  const state = at(object, 'status', 'state')
  if (state === undefined) message += '.status.state not yet known\n'
  else if (state === 'UpgradePending' && approval) {
    message += `.status.state is 'UpgradePending' (manual InstallPlan approval pending; treated as healthy)\n`
  } else message += `.status.state is '${asText(state)}'\n`
  pending ||=
    state === undefined || state === '' || state === 'UpgradeAvailable' || (state === 'UpgradePending' && !approval)
  degraded ||= state === 'UpgradeFailed'
  return verdict(degraded ? 'Degraded' : pending ? 'Progressing' : 'Healthy', message)
}

function waitsForApproval(object: KubeObject, all: readonly Condition[]): boolean {
  return (
    text(object, 'spec', 'installPlanApproval') === 'Manual' &&
    at(object, 'status', 'installedCSV') !== undefined &&
    all.some(
      ({ type, status, reason }) => type === 'InstallPlanPending' && status === 'True' && reason === 'RequiresApproval',
    )
  )
}
