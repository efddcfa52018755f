import { asText, conditionsAt, type Condition } from '../custom/rules.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import {
  byAvailable,
  byOne,
  byTrue,
  byWord,
  isOld,
  unobserved,
  waitingFor,
  words,
  type OwnRule,
  type OwnTable,
} from './rules.ts'

const pausedBy = 'cluster.x-k8s.io/paused'

/**
 * Cluster API's contract for all providers: a failure that is named is final, a condition that is not true is one only
 * where its severity says so. Templates have no status.
 */
const provider: OwnRule = (object) => {
  if (object.kind.endsWith('Template')) return undefined
  if (object.metadata.annotations?.[pausedBy] !== undefined) return verdict('Suspended', `${object.kind} is paused`)
  const failure = text(object, 'status', 'failureMessage') || text(object, 'status', 'failureReason')
  if (failure !== '') return verdict('Degraded', failure)
  const all = conditionsAt(object)
  const named = (type: string): Condition | undefined => all.find((one) => one['type'] === type)
  const found = named('Ready') ?? named('Available')
  if (found) {
    if (isOld(found, object)) return unobserved()
    if (found['status'] === 'True') return verdict('Healthy', asText(found['message']))
    const failed = found['status'] === 'False' && found['severity'] === 'Error'
    return verdict(failed ? 'Degraded' : 'Progressing', words(found))
  }
  const ready = [['ready'], ['initialization', 'provisioned'], ['initialization', 'dataSecretCreated']]
  return ready.some((path) => at(object, 'status', ...path) === true)
    ? verdict('Healthy', `${object.kind} is ready`)
    : waitingFor(object)
}

const work = byTrue(
  ['Degraded', 'Degraded'],
  ['Available', 'Healthy'],
  ['Progressing', 'Progressing'],
  ['Applied', 'Progressing'],
)

/** OLM: an installation that waits for a person is held, not late. */
const installPlan = byWord({
  at: ['status', 'phase'],
  healthy: ['Complete'],
  degraded: ['Failed'],
  suspended: ['RequiresApproval'],
  why: [['status', 'message']],
})

/** Clusters, their machines, and what is installed in fleets of them. */
export const clusterRules: OwnTable = {
  'infrastructure.cluster.x-k8s.io/*': provider,
  'bootstrap.cluster.x-k8s.io/*': provider,
  'controlplane.cluster.x-k8s.io/*': provider,
  'cluster.x-k8s.io/ClusterClass': byOne({ type: 'VariablesReconciled', silent: true }),
  'runtime.cluster.x-k8s.io/ExtensionConfig': byOne({ type: 'Discovered' }),
  'operator.cluster.x-k8s.io/*': byOne(),
  'karpenter.azure.com/AKSNodeClass': byOne(),
  'karpenter.k8s.gcp/GCENodeClass': byOne(),
  'karpenter.sh/NodeOverlay': byOne({ silent: true }),
  'cluster.open-cluster-management.io/ManagedCluster': byOne({ type: 'ManagedClusterConditionAvailable' }),
  'addon.open-cluster-management.io/ManagedClusterAddOn': work,
  'work.open-cluster-management.io/ManifestWork': work,
  'cluster.karmada.io/Cluster': byOne(),
  'config.openshift.io/ClusterOperator': byAvailable,
  'config.openshift.io/ClusterVersion': byAvailable,
  'operators.coreos.com/ClusterServiceVersion': byWord({
    at: ['status', 'phase'],
    healthy: ['Succeeded'],
    degraded: ['Failed'],
    why: [['status', 'message']],
  }),
  'operators.coreos.com/InstallPlan': installPlan,
  'operators.coreos.com/CatalogSource': byWord({
    at: ['status', 'connectionState', 'lastObservedState'],
    healthy: ['READY', 'IDLE'],
  }),
  'nvidia.com/ClusterPolicy': byWord({
    at: ['status', 'state'],
    healthy: ['ready'],
    suspended: ['ignored', 'disabled'],
  }),
  'nvidia.com/NVIDIADriver': byWord({
    at: ['status', 'state'],
    healthy: ['ready'],
    suspended: ['ignored', 'disabled'],
  }),
}
