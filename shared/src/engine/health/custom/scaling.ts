import type { HealthStatus, HealthStatusCode } from '../../../argo/application.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, byReady, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'
import { need } from './strict.ts'

/** KEDA: what is paused must be ready all the same; the last word is that of the last condition that counts. */
function keda(waiting: string, bad: (type: unknown, status: unknown) => boolean): CustomRule {
  return (object) => {
    let [ready, paused, degraded] = [false, false, false]
    let message = ''
    for (const { type, status, message: words } of conditionsAt(object)) {
      const isReady = type === 'Ready' && status === 'True'
      const isPaused = type === 'Paused' && status === 'True'
      const isBad = bad(type, status)
      if (isReady || isPaused || isBad) message = asText(words)
      ready ||= isReady
      paused ||= isPaused
      degraded ||= isBad
    }
    if (degraded) return verdict('Degraded', message)
    if (ready) return verdict(paused ? 'Suspended' : 'Healthy', message)
    return verdict('Progressing', waiting)
  }
}

/** The instances of a workload whose available condition tells why not. */
const prometheus: CustomRule = (object) => {
  const found = conditionsAt(object).findLast((one) => one['type'] === 'Available')
  if (!found) return verdict('Progressing', 'Waiting for initialization')
  if (found['status'] === 'True') return verdict('Healthy', 'All instances are available')
  const state = found['reason'] === 'SomePodsNotReady' ? 'Progressing' : 'Degraded'
  return verdict(state, asText(found['message'] ?? found['reason']))
}

/** Its operator writes `ready/total` as text. */
const collector: CustomRule = (object) => {
  if (at(object, 'status') === undefined) return verdict('Progressing', 'Waiting for OpenTelemetry Collector status')
  const replicas = at(object, 'status', 'scale', 'statusReplicas')
  if (replicas === undefined) {
    return need(39, at(object, 'spec'), 'mode') === 'sidecar'
      ? verdict('Healthy', 'Collector is running in sidecar mode')
      : verdict('Progressing', 'Scale status not available')
  }
  return replicasHealth(asText(replicas), at(object, 'spec', 'mode') === 'daemonset')
}

function replicasHealth(replicas: string, daemons: boolean): HealthStatus {
  const found = /(\d+)\/(\d+)/.exec(replicas)
  if (!found) return verdict('Progressing', `Unable to parse replica status: ${replicas}`)
  const [ready, total] = [Number(found[1]), Number(found[2])]
  if (ready === 0) {
    return daemons && total === 0
      ? verdict('Healthy', 'DaemonSet has no eligible nodes (0/0)')
      : verdict('Degraded', 'No replicas are ready')
  }
  return ready === total
    ? verdict('Healthy', 'All replicas are ready')
    : verdict('Progressing', 'Replicas are starting up')
}

const victoriaStates: Readonly<Record<string, readonly [HealthStatusCode, string]>> = dictionary({
  operational: ['Healthy', 'All components are operational'],
  expanding: ['Progressing', 'Reconciliation in progress'],
  paused: ['Suspended', 'Reconciliation is paused'],
  failed: ['Degraded', 'Reconciliation failed'],
})

const victoria: CustomRule = (object) => {
  const observed = at(object, 'status', 'observedGeneration')
  const { generation } = object.metadata
  if (
    at(object, 'status') === undefined ||
    (observed !== undefined && generation !== undefined && observed !== generation)
  ) {
    return verdict('Progressing', 'Waiting for the operator to reconcile')
  }
  const state = asText(at(object, 'status', 'updateStatus'))
  const [status, words] = victoriaStates[state] ?? ['Progressing', 'Waiting for the operator to report status']
  const reason = asText(at(object, 'status', 'reason'))
  const said = status !== 'Healthy' && Object.hasOwn(victoriaStates, state) && reason !== '' ? reason : words
  return verdict(status, said)
}

/** Scaling, nodes and watching. */
export const scalingRules: RuleTable = {
  'keda.sh/ScaledObject': keda(
    'Creating HorizontalPodAutoscaler Object',
    (type, status) => (type === 'Ready' && status === 'False') || (type === 'Fallback' && status === 'True'),
  ),
  'keda.sh/ScaledJob': keda(
    'Waiting for ScaledJob',
    (type, status) => type === 'Ready' && (status === 'False' || status === 'Unknown'),
  ),
  'karpenter.sh/NodePool': byReady('Waiting for NodePool to be ready'),
  'karpenter.k8s.aws/EC2NodeClass': byReady('Waiting for EC2NodeClass to be ready', {
    healthy: 'EC2NodeClass is ready',
  }),
  'karpenter.sh/NodeClaim': byConditions({
    observed: 'Waiting for NodeClaim spec to be reconciled',
    passes: [
      [when('Disrupting', 'True', 'Suspended')],
      [when('Ready', 'True', 'Healthy'), when('Ready', 'False', 'Degraded')],
      [when('Initialized', 'True', 'Progressing', 'Node initialized, waiting for Ready')],
      [when('Registered', 'True', 'Progressing', 'Node registered, waiting for initialization')],
      [when('Launched', 'True', 'Progressing', 'Node launched, waiting for registration')],
    ],
    waiting: 'Waiting for NodeClaim to be launched',
  }),
  'operator.victoriametrics.com/*': victoria,
  'monitoring.coreos.com/Prometheus': prometheus,
  'opentelemetry.io/OpenTelemetryCollector': collector,
}
