import type { HealthStatusCode } from '../../../argo/application.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { at, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byReady, byPhase, conditionsAt, suspendedBy, type CustomRule, type RuleTable } from './rules.ts'
import { needing } from './strict.ts'

const clusterByPhase = byPhase({
  at: ['status', 'phase'],
  phases: { Provisioned: ['Healthy', 'Cluster is running'], Failed: ['Degraded'] },
  none: ['Progressing', 'Waiting for clusters'],
})

const cluster: CustomRule = (object) => {
  const failed = conditionsAt(object).find(
    (one) => one['type'] === 'Ready' && one['status'] === 'False' && one['severity'] !== 'Info',
  )
  return failed ? verdict('Degraded', asText(failed['message'])) : clusterByPhase(object)
}

const machine: CustomRule = (object) => {
  const phase = text(object, 'status', 'phase')
  if (phase === 'Running') return verdict('Healthy', 'Machine is running')
  const unready = conditionsAt(object).find((one) => one['type'] === 'Ready' && one['status'] === 'False')
  return verdict(
    phase === 'Failed' ? 'Degraded' : 'Progressing',
    unready ? asText(unready['message']) : 'Condition is unknown',
  )
}

const poolPhases: Readonly<Record<string, HealthStatusCode>> = dictionary({
  Running: 'Healthy',
  Scaling: 'Healthy',
  Failed: 'Degraded',
  Unknown: 'Degraded',
})

const machinePool: CustomRule = (object) => {
  const phase = at(object, 'status', 'phase')
  const words = phase === undefined ? '' : `MachinePool is ${asText(phase)}`
  const missing = conditionsAt(object)
    .filter((one) => one['type'] !== undefined && one['status'] === 'False')
    .map((one) => `Not ${asText(one['type'])}${one['reason'] === undefined ? '' : ` (${asText(one['reason'])})`}`)
  const state = poolPhases[asText(phase)] ?? 'Progressing'
  return verdict(state, missing.length === 0 ? words : `${words}: ${missing.join(', ')}`)
}

const machineHealthCheck: CustomRule = (object) => {
  const healthy = at(object, 'status', 'currentHealthy')
  if (healthy === undefined) return verdict('Progressing')
  return verdict(healthy === at(object, 'status', 'expectedMachines') ? 'Healthy' : 'Degraded')
}

/** Cluster API. */
export const clusterApiRules: RuleTable = {
  'cluster.x-k8s.io/Cluster': needing(
    36,
    ['spec', 'paused'],
    suspendedBy(['spec', 'paused'], () => 'Cluster is paused', cluster),
  ),
  'cluster.x-k8s.io/Machine': machine,
  'cluster.x-k8s.io/MachineDeployment': needing(
    5,
    ['spec', 'paused'],
    suspendedBy(
      ['spec', 'paused'],
      () => 'MachineDeployment is paused',
      byPhase({
        at: ['status', 'phase'],
        phases: {
          Running: ['Healthy', 'Machines are running under this deployment'],
          ScalingUp: ['Progressing', 'Cluster is spawning machines'],
          ScalingDown: ['Progressing', 'Cluster is stopping machines'],
          Failed: ['Degraded', 'MachineDeployment is failed'],
        },
        none: ['Progressing', 'Waiting for machines'],
      }),
    ),
  ),
  'cluster.x-k8s.io/MachinePool': machinePool,
  'cluster.x-k8s.io/MachineHealthCheck': machineHealthCheck,
  'addons.cluster.x-k8s.io/ClusterResourceSet': byReady('Initializing cluster resource set', {
    type: 'ResourcesApplied',
    healthy: 'cluster resource set is applied',
  }),
}
