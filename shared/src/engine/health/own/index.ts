import type { HealthStatus } from '../../../argo/application.ts'
import { gvkOf } from '../../../k8s/gvk.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { globMatcher } from '../../../lang/glob.ts'
import { at } from '../fields.ts'
import { withoutNulls } from '../without-nulls.ts'
import { backupRules } from './backups.ts'
import { cloudRules } from './clouds.ts'
import { clusterRules } from './clusters.ts'
import { databaseRules } from './databases.ts'
import { deliveryRules } from './delivery.ts'
import { messagingRules } from './messaging.ts'
import { networkRules } from './networks.ts'
import { policyRules } from './policies.ts'
import { isOld, unobserved, type OwnRule, type OwnTable } from './rules.ts'
import { secretRules } from './secrets.ts'
import { servingRules } from './serving.ts'
import { storageRules } from './storage.ts'
import { watchingRules } from './watching.ts'
import { workloadRules } from './workloads.ts'

/** The key of argocd-cm that takes {@link ownHealth} away where it is `"false"`; not one of Argo CD's. */
export const ownRulesSetting = 'resource.health.ownRules'

/** Rules for kinds that Argo CD has none for, one row a kind. */
export const ownRules: OwnTable = {
  ...backupRules,
  ...cloudRules,
  ...clusterRules,
  ...databaseRules,
  ...deliveryRules,
  ...messagingRules,
  ...networkRules,
  ...policyRules,
  ...secretRules,
  ...servingRules,
  ...storageRules,
  ...watchingRules,
  ...workloadRules,
}

const rows = Object.entries(ownRules)

/** Rules for all other kinds of a group. */
const groups: Readonly<Record<string, OwnRule>> = dictionary(
  Object.fromEntries(
    rows.flatMap(([name, rule]) => (/^[^*]+\/\*$/.test(name) ? [[name.slice(0, -'/*'.length), rule] as const] : [])),
  ),
)

const wildcards = rows
  .filter(([name]) => name.startsWith('*'))
  .map(([name, rule]) => ({ matches: globMatcher(name), rule }))

// Nearly all that is asked about is of Kubernetes' own groups, which must cost next to nothing.
function ownRule(group: string, kind: string): OwnRule | undefined {
  if (!group.includes('.')) return undefined
  const name = `${group}/${kind}`
  if (Object.hasOwn(ownRules, name)) return ownRules[name]
  return groups[group] ?? wildcards.find(({ matches }) => matches(name))?.rule
}

/** The verdict of our rules on what Argo CD has no opinion of; undefined where they have none either. */
export function ownHealth(object: KubeObject): HealthStatus | undefined {
  const { group, kind } = gvkOf(object)
  const rule = ownRule(group, kind)
  if (!rule) return undefined
  const given = withoutNulls(object) as KubeObject
  return isOld(at(given, 'status'), given) ? unobserved() : rule(given)
}
