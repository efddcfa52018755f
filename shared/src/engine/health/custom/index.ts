import type { HealthStatus } from '../../../argo/application.ts'
import { globMatcher } from '../../../lang/glob.ts'
import { gvkOf } from '../../../k8s/gvk.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { certManagerRules } from './cert-manager.ts'
import { cloudRules } from './clouds.ts'
import { clusterApiRules } from './cluster-api.ts'
import { databaseRules } from './databases.ts'
import { deliveryRules } from './delivery.ts'
import { fluxRules } from './flux.ts'
import { gatewayApiRules } from './gateway-api.ts'
import { kubernetesRules } from './kubernetes.ts'
import { messagingRules } from './messaging.ts'
import { networkRules } from './networks.ts'
import { platformRules } from './platforms.ts'
import { HealthFailure } from '../failed.ts'
import { withoutNulls } from '../without-nulls.ts'
import { awsControlPlaneRules } from './aws-control-plane.ts'
import { humioRules } from './humio.ts'
import { keptnRules } from './keptn.ts'
import { kruiseRules } from './kruise.ts'
import { netappRules } from './netapp.ts'
import { numaRules } from './numa.ts'
import { operatorRules } from './operators.ts'
import { policyRules } from './policies.ts'
import { promoterRules } from './promoter.ts'
import { storageRules } from './storage.ts'
import { threeScaleRules } from './three-scale.ts'
import type { CustomRule, RuleTable } from './rules.ts'
import { scalingRules } from './scaling.ts'
import { secretRules } from './secrets.ts'
import { virtualMachineRules } from './virtual-machines.ts'

/** Our rules for custom resources, one row a kind. */
export const customRules: RuleTable = {
  ...certManagerRules,
  ...clusterApiRules,
  ...databaseRules,
  ...deliveryRules,
  ...fluxRules,
  ...gatewayApiRules,
  ...kubernetesRules,
  ...messagingRules,
  ...networkRules,
  ...platformRules,
  ...scalingRules,
  ...secretRules,
  ...virtualMachineRules,
  ...awsControlPlaneRules,
  ...humioRules,
  ...keptnRules,
  ...kruiseRules,
  ...netappRules,
  ...numaRules,
  ...operatorRules,
  ...policyRules,
  ...promoterRules,
  ...storageRules,
  ...threeScaleRules,
  ...cloudRules,
}

const patterns = Object.entries(customRules)
  .filter(([name]) => name.includes('*'))
  .map(([name, rule]) => ({ matches: globMatcher(name), rule }))

/** The rule for a kind: its own, else that of the first pattern that matches. */
export function customRule(group: string, kind: string): CustomRule | undefined {
  const name = `${group}/${kind}`
  if (Object.hasOwn(customRules, name)) return customRules[name]
  return patterns.find(({ matches }) => matches(name))?.rule
}

/** The verdict of our rules for custom resources; undefined where no rule knows the kind. */
export function customHealth(object: KubeObject): HealthStatus | undefined {
  const { group, kind } = gvkOf(object)
  const rule = customRule(group, kind)
  if (!rule) return undefined
  try {
    return rule(withoutNulls(object) as KubeObject)
  } catch (error) {
    throw new HealthFailure(object, error)
  }
}
