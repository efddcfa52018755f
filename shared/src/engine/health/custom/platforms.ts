import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { inferenceServiceHealth } from './inference-service.ts'
import { sparkHealth } from './spark.ts'
import { subscriptionHealth } from './subscription.ts'
import { asText, byConditions, byPhase, byReady, conditionsAt, type CustomRule, type RuleTable } from './rules.ts'
import { join } from './strict.ts'
import { byKey, orderedBy } from '../../../lang/order.ts'

const grafana: CustomRule = (object) => {
  const [stage, state] = [at(object, 'status', 'stage'), at(object, 'status', 'stageStatus')]
  if (state === undefined) return verdict('Progressing', 'Waiting for Grafana status info')
  if (state === 'failed') return verdict('Degraded', join(14, 'Failed at stage ', stage))
  return stage === 'complete' && state === 'success' ? verdict('Healthy') : verdict('Progressing', asText(stage))
}

/** What lives in a Grafana: all conditions are told up to the first that fails. */
const grafanaContent: CustomRule = (object) => {
  let told = ''
  let healthy = false
  for (const { type, status, reason, message } of conditionsAt(object)) {
    if (status === undefined) continue
    if (told !== '') told += ', '
    if (reason !== undefined) {
      const about = type === undefined ? '' : ` for ${asText(type)}`
      const because = type === undefined || message === undefined ? '' : ` because ${asText(message)}`
      told += `${asText(reason)}${about}${because}`
    }
    if (status === 'False') return verdict('Degraded', told)
    healthy ||= status === 'True'
  }
  return verdict(healthy ? 'Healthy' : 'Progressing', told)
}

const knativeParts = ['ConfigurationsReady', 'RoutesReady', 'Ready']

const knativeService: CustomRule = (object) => {
  if (at(object, 'status', 'conditions') === undefined) return verdict('Progressing', 'Waiting for status update.')
  const all = conditionsAt(object)
  const bad = all.filter(({ status }) => status === 'False' || status === 'Unknown')
  const good = all.filter(({ type, status }) => status === 'True' && knativeParts.includes(asText(type)))
  if (good.length === 3 && bad.length === 0) return verdict('Healthy', 'Knative Service is healthy.')
  const words = bad.map(({ type, status, reason, message }) =>
    [
      join(13, type, ' is ', status),
      reason && `, since ${asText(reason)}.`,
      message && ` ${asText(message)}`,
      '\n',
    ].join(''),
  )
  return verdict(bad.some(({ status }) => status === 'False') ? 'Degraded' : 'Progressing', words.join(''))
}

/** A numbered list of all conditions, as several operators' rules show it. */
const numbered = (object: unknown): string =>
  conditionsAt(object)
    .map(({ type, status }, index) => join(8, '', index + 1, ': ', type, ' | ', status, '\n'))
    .join('')

function knative(kind: string, parts: readonly string[], breaking: readonly string[]): CustomRule {
  return (object) => {
    if (at(object, 'status', 'conditions') === undefined) return verdict('Progressing', `Waiting for ${kind}`)
    const all = conditionsAt(object)
    const waits = all.some(
      ({ type, status }) => status === 'Unknown' || (status === 'False' && breaking.includes(asText(type))),
    )
    const told = numbered(object)
    if (waits) return verdict('Progressing', told)
    const done = all.filter(({ type, status }) => status === 'True' && parts.includes(asText(type))).length
    return done === parts.length ? verdict('Healthy', `${kind} is healthy.`) : verdict('Degraded', told)
  }
}

const deploymentConfig: CustomRule = (object) => {
  const replicas = at(object, 'status', 'replicas')
  const waiting = verdict('Progressing', 'replication controller is waiting for pods to run')
  if (replicas === undefined || at(object, 'status', 'conditions') === undefined) return waiting
  const good = conditionsAt(object).filter(
    ({ type, status, reason }) =>
      status === 'True' &&
      (type === 'Available' || (type === 'Progressing' && reason === 'NewReplicationControllerAvailable')),
  ).length
  if (good === 2 || replicas === 0) return verdict('Healthy', 'replication controller successfully rolled out')
  return good === 1 ? waiting : verdict('Degraded', 'Deployment config is degraded')
}

const keycloak: CustomRule = (object) => {
  if (at(object, 'status', 'conditions') === undefined) {
    return verdict('Progressing', 'Waiting for Keycloak status conditions to exist')
  }
  const when = (value: unknown): string => (typeof value === 'string' ? value : '\uffff')
  const inOrder = conditionsAt(object).toSorted(orderedBy((one) => when(one['lastTransitionTime'])))
  const found = inOrder.find(({ type, status }) => status === 'True' && (type === 'Ready' || type === 'HasErrors'))
  if (!found) return verdict('Progressing')
  return found['type'] === 'Ready'
    ? verdict('Healthy')
    : verdict('Degraded', join(33, 'Has Errors: ', found['message']))
}

const tenantErrors = [
  'Statefulset not controlled by operator',
  'Another MinIO Tenant already exists in the namespace',
  'Tenant credentials are not set properly',
  'Different versions across MinIO Pools',
  'Pool Decommissioning Not Allowed',
]

const ceph: CustomRule = (object) => {
  if (at(object, 'status') === undefined) return verdict('Progressing', 'Waiting for status to be reported')
  const words: string[] = []
  let status: 'Progressing' | 'Degraded' | 'Healthy' = 'Progressing'
  const health = at(object, 'status', 'ceph', 'health')
  if (health !== undefined) {
    if (health === 'HEALTH_OK') status = 'Healthy'
    if (health === 'HEALTH_ERR' || health === 'HEALTH_WARN') status = 'Degraded'
    const details = Object.entries((at(object, 'status', 'ceph', 'details') ?? {}) as Record<string, unknown>)
      .toSorted(byKey)
      .map(([, detail]) => at(detail, 'message'))
      .filter((one) => one !== undefined)
      .map(asText)
    words.push(`Ceph health is ${asText(health)}${details.length > 0 ? ` (${details.join('; ')})` : ''}`)
  }
  const state = at(object, 'status', 'state')
  // While Ceph itself complains, what the operator is doing is of no interest.
  if (state !== undefined && status === 'Healthy') {
    words.push(`Ceph cluster state is ${asText(state)}`)
    if (state === 'Error') status = 'Degraded'
    else if (state !== 'Created' && state !== 'Connected') status = 'Progressing'
  }
  words.push(text(object, 'status', 'message'))
  return verdict(status, words.filter((one) => one !== '').join(' - '))
}

const zookeeper: CustomRule = (object) => {
  const ready = at(object, 'status', 'readyReplicas')
  const complete = at(object, 'status') !== undefined && ready !== 0 && ready === at(object, 'status', 'replicas')
  return complete
    ? verdict('Healthy', 'All ZK Nodes have joined the ensemble')
    : verdict('Progressing', 'Waiting for ZK Nodes to join the ensemble')
}

const solr: CustomRule = (object) => {
  if (at(object, 'status', 'solrNodes') === undefined) return verdict('Progressing', 'Waiting for solr to exist')
  return list(object, 'status', 'solrNodes').every((node) => at(node, 'ready') === true)
    ? verdict('Healthy', 'Solr is ready')
    : verdict('Progressing', 'Not all replicas are ready')
}

const shootStates = {
  healthy: ['Healthy', 'Component state: Healthy'],
  progressing: ['Progressing', 'Component state: Update in progress'],
  unhealthy: ['Degraded', 'Component state: Unhealthy'],
  unknown: ['Unknown', 'Component state: Unknown'],
} as const

/** Platforms, and what runs on them. */
export const platformRules: RuleTable = {
  'grafana.integreatly.org/Grafana': grafana,
  'grafana.integreatly.org/GrafanaDashboard': grafanaContent,
  'grafana.integreatly.org/GrafanaFolder': grafanaContent,
  'sparkoperator.k8s.io/SparkApplication': sparkHealth,
  'operators.coreos.com/Subscription': subscriptionHealth,
  'serving.kserve.io/InferenceService': inferenceServiceHealth,
  'serving.knative.dev/Service': knativeService,
  'operator.knative.dev/KnativeServing': knative(
    'KnativeServing',
    ['Ready', 'InstallSucceeded', 'DependenciesInstalled', 'DeploymentsAvailable'],
    ['Ready', 'DeploymentsAvailable'],
  ),
  'operator.knative.dev/KnativeEventing': knative('KnativeEventing', ['Ready', 'InstallSucceeded'], ['Ready']),
  'apps.openshift.io/DeploymentConfig': deploymentConfig,
  'k8s.keycloak.org/Keycloak': keycloak,
  'kyverno.io/Policy': byConditions({
    passes: [
      [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Succeeded',
          message: 'Ready',
          gives: 'Healthy',
          say: 'Policy is ready',
        },
      ],
    ],
    waiting: 'Waiting for Policy to be ready',
  }),
  'minio.min.io/Tenant': byPhase({
    at: ['status', 'currentState'],
    phases: {
      Initialized: ['Healthy', (state) => state],
      ...Object.fromEntries(tenantErrors.map((state) => [state, ['Degraded', state] as const])),
    },
    other: ['Progressing', (state) => state],
    none: ['Progressing', 'No status info available'],
  }),
  'ceph.rook.io/CephCluster': ceph,
  'jaegertracing.io/Jaeger': byPhase({
    at: ['status', 'phase'],
    phases: { Running: ['Healthy', 'Jaeger is Running'], Failed: ['Degraded', 'Jaeger Failed For Some Reason'] },
    none: ['Progressing', 'Waiting for Jaeger'],
  }),
  'zookeeper.pravega.io/ZookeeperCluster': zookeeper,
  'solr.apache.org/SolrCloud': solr,
  'camel.apache.org/Integration': byReady('Waiting for Integration'),
  'core.gardener.cloud/Shoot': byPhase({
    at: ['metadata', 'labels', 'shoot.gardener.cloud/status'],
    phases: shootStates,
    none: ['Progressing', 'Update in progress'],
  }),
  'coralogix.com/Alert': byReady('Waiting for status to be updated', {
    type: 'RemoteSynced',
    healthy: 'Resource is ready',
  }),
  'coralogix.com/RecordingRuleGroupSet': byReady('Waiting for status to be updated', {
    type: 'RemoteSynced',
    healthy: 'Resource is ready',
  }),
}
