import type { HealthStatus, HealthStatusCode } from '../../../argo/application.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { at, list, text } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, byPhase, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'
import { isLess, join, need } from './strict.ts'

const flink: CustomRule = (object) => {
  const reconciled = at(object, 'status', 'reconciliationStatus')
  const state = at(object, 'status', 'jobManagerDeploymentStatus')
  if (reconciled !== undefined) {
    const success = at(reconciled, 'success')
    if ((success !== undefined && success !== false) || at(reconciled, 'state') === 'DEPLOYED')
      return verdict('Healthy')
    if (state === 'DEPLOYED_NOT_READY' || state === 'DEPLOYING') return verdict('Progressing', 'Waiting for deploying')
    if (state === 'ERROR') return verdict('Degraded', asText(at(reconciled, 'error')))
  }
  return verdict('Progressing', 'Waiting for Flink operator')
}

const spinFailures = ['timeout', 'failed']

function spinApp(object: KubeObject): HealthStatus {
  if (at(object, 'status') === undefined) return verdict('Progressing', 'Waiting for status to be available')
  let available: { readonly is: boolean; readonly words: string } = { is: false, words: '' }
  let progressing: string | undefined
  for (const { type, status, reason, message } of conditionsAt(object)) {
    const words = asText(message)
    if (type === 'Progressing') {
      const failed = spinFailures.some((word) => words.toLowerCase().includes(word))
      if (status === 'False' && (reason === 'ProgressDeadlineExceeded' || failed))
        return verdict('Degraded', asText(message ?? 'Application deployment has failed'))
      if (status === 'True') progressing = asText(message ?? 'Application progress status')
    } else if (type === 'Available') {
      const is = status === 'True'
      available = {
        is,
        words: asText(message ?? (is ? 'Application availability status' : 'Application is not available')),
      }
    }
  }
  const ready = at(object, 'status', 'readyReplicas') ?? 0
  const wanted = need(46, at(object, 'spec'), 'replicas') ?? 1
  if (!available.is) return verdict('Degraded', available.words)
  const share = `${asText(ready)}/${asText(wanted)}`
  if (isLess(55, ready, wanted)) return verdict('Progressing', `Waiting for replicas to be ready (${share})`)
  if (progressing !== undefined) return verdict('Progressing', progressing)
  return verdict('Healthy', `Application is healthy with ${share} replicas ready`)
}

const datadogMetric = byConditions({
  passes: [
    [
      when('Error', 'True', 'Degraded', ({ reason = '', message = 'DatadogMetric reported an error' }) =>
        reason === '' ? message : `${asText(reason)}: ${asText(message)}`,
      ),
    ],
    [when('Valid', 'False', 'Degraded', ({ message = 'DatadogMetric is not valid' }) => message)],
  ],
  otherwise: 'Healthy',
  waiting: 'DatadogMetric is healthy',
})

const roleFailures = ['Error', 'RolesMaxLimitReached', 'PolicyNotAllowed', 'RoleNameNotAvailable']

const iamRole: CustomRule = (object) => {
  const field = (name: string): string => asText(at(object, 'status', name) ?? '<none>')
  const [name, arn, id] = [field('roleName'), field('roleARN'), field('roleID')]
  const state = text(object, 'status', 'state')
  if (state === 'Ready') return verdict('Healthy', `Role '${name}' exists with ARN '${arn}' and ID '${id}'.`)
  if (!roleFailures.includes(state)) return verdict('Progressing', 'Waiting for Iamrole to be reconciled')
  const retries = Number(at(object, 'status', 'retryCount') ?? 0)
  const retry = retries > 0 ? `(retry ${retries}) ` : ''
  const error = at(object, 'status', 'errorDescription')
  const why = error === undefined ? '' : ` Reconciliation error was: ${asText(error)}`
  return verdict(
    'Degraded',
    `Failed to reconcile the Iamrole ${retry}for role '${name}' with ARN '${arn}' and ID '${id}'.${why}`,
  )
}

const jobStates: Readonly<Record<string, HealthStatusCode>> = dictionary({
  successful: 'Healthy',
  failed: 'Degraded',
  error: 'Degraded',
  canceled: 'Degraded',
  new: 'Progressing',
  pending: 'Progressing',
  waiting: 'Progressing',
  running: 'Progressing',
})

const ansibleJob: CustomRule = (object) => {
  const result = at(object, 'status', 'ansibleJobResult')
  const word = text(result, 'status')
  const state = Object.hasOwn(jobStates, word) ? jobStates[word] : undefined
  if (state === undefined) return verdict('Progressing', 'Waiting for AnsibleJob')
  const line = state === 'Healthy' ? 7 : state === 'Degraded' ? 12 : 17
  return verdict(state, join(line, word, ' job - ', at(result, 'url')))
}

const networkStates: Readonly<Record<string, HealthStatusCode>> = dictionary({
  Available: 'Healthy',
  Degraded: 'Degraded',
  Progressing: 'Progressing',
  Ignored: 'Suspended',
})

const nodeNetwork: CustomRule = (object) => {
  for (const { type, status, reason, message } of conditionsAt(object)) {
    if (status !== 'True') continue
    const words = (message ?? '') === '' ? reason : join(30, reason, ': ', message)
    const state = Object.hasOwn(networkStates, asText(type)) ? networkStates[asText(type)] : undefined
    if (state) return verdict(state, asText(words))
  }
  return verdict('Progressing', 'Waiting for policy to be applied')
}

/** Only once DNS-SD has it adopted, advertised and found is a service healthy. */
const dnsService: CustomRule = (object) => {
  const find = (type: string) => conditionsAt(object).findLast((one) => one['type'] === type)
  const [adopted, advertised, found] = [find('Adopted'), find('Advertised'), find('Discoverable')]
  if (adopted?.['status'] === 'False') return verdict('Degraded', asText(adopted['message']))
  const failed = advertised?.['reason'] === 'AdvertiseError' || advertised?.['reason'] === 'UnadvertiseError'
  if (failed) return verdict('Degraded', asText(advertised['message']))
  const state =
    found?.['reason'] === 'DiscoveryError' ? 'Unknown' : found?.['status'] === 'True' ? 'Healthy' : 'Progressing'
  return verdict(state, asText(found?.['message']))
}

const function_: CustomRule = (object) => {
  for (const { type, status, message } of conditionsAt(object)) {
    if ((type === 'Ready' && status === 'False') || (type === 'Stalled' && status === 'True'))
      return verdict('Degraded', asText(message))
    if (type === 'Ready' && status === 'True') {
      return Number(at(object, 'status', 'replicas') ?? 0) > 0
        ? verdict('Healthy', asText(message))
        : verdict('Suspended', 'No replicas available')
    }
  }
  return verdict('Progressing', 'Waiting for Function')
}

const spotSteps = byConditions({
  passes: [
    [
      { type: 'InvalidSpec', gives: 'Degraded' },
      { type: 'Progressing', reason: ['RolloutAborted', 'ProgressDeadlineExceeded'], gives: 'Degraded' },
      when('Paused', 'True', 'Suspended', 'Rollout is paused'),
    ],
  ],
  otherwise: 'Healthy',
  waiting: '',
})

const spotDeployment: CustomRule = (object) => {
  // Before its controller speaks there is no verdict, which counts as none.
  if (at(object, 'status', 'conditions') === undefined) return verdict('' as HealthStatusCode)
  const found = spotSteps(object)
  return found?.status === 'Healthy' && text(object, 'status', 'phase') === 'Progressing'
    ? verdict('Progressing', 'Waiting for rollout to finish steps')
    : found
}

const sap: CustomRule = (object) => {
  if (!Array.isArray(at(object, 'status', 'conditions'))) return verdict('Progressing', 'Waiting for status')
  const { generation } = object.metadata
  for (const { type, status, message, observedGeneration } of conditionsAt(object)) {
    if (observedGeneration !== undefined && generation !== undefined && observedGeneration !== generation)
      return verdict('Progressing', 'Waiting for spec update to be observed')
    if ((type === 'Succeeded' && status === 'False') || (type === 'Failed' && status === 'True'))
      return verdict('Degraded', asText(message))
  }
  return verdict('Healthy', 'Ready to use')
}

const insufficient = verdict('Progressing', 'Current resource status is insufficient')

/** Karmada: every cluster has to report, and none may report ill. */
function karmada(line: number, clustersMayLack: boolean): CustomRule {
  return (object) => {
    if (at(object, 'status') === undefined) return insufficient
    const clusters = need(line, at(object, 'spec'), 'clusters')
    const reports = list(object, 'status', 'aggregatedStatus')
    if (clusters === undefined ? !clustersMayLack : list(clusters).length === 0) return insufficient
    if (reports.length === 0 || (clusters !== undefined && list(clusters).length !== reports.length))
      return insufficient
    const ill = reports.some(
      (one) => at(one, 'health') === 'Unhealthy' || (at(one, 'health') === 'Unknown' && at(one, 'applied') !== true),
    )
    return ill ? verdict('Degraded', 'Current resource status is unhealthy') : verdict('Healthy')
  }
}

const datasource: CustomRule = (object) => {
  const uid = at(object, 'status', 'uid')
  if (at(object, 'status') === undefined || uid === '') return verdict('Progressing')
  const unmatched = at(object, 'status', 'NoMatchingInstances')
  return unmatched !== undefined && unmatched !== false
    ? verdict('Degraded', "can't find matching grafana instance")
    : verdict('Healthy')
}

/** What more operators manage. */
export const operatorRules: RuleTable = {
  'flink.apache.org/FlinkDeployment': flink,
  'core.spinkube.dev/SpinApp': spinApp,
  'datadoghq.com/DatadogMetric': datadogMetric,
  'iammanager.keikoproj.io/Iamrole': iamRole,
  'tower.ansible.com/AnsibleJob': ansibleJob,
  'nmstate.io/NodeNetworkConfigurationPolicy': nodeNetwork,
  'proclaim.dogmatiq.io/DNSSDServiceInstance': dnsService,
  'openfaas.com/Function': function_,
  'spot.io/SpotDeployment': spotDeployment,
  'services.cloud.sap.com/ServiceBinding': sap,
  'services.cloud.sap.com/ServiceInstance': sap,
  'work.karmada.io/ClusterResourceBinding': karmada(8, false),
  'work.karmada.io/ResourceBinding': karmada(10, true),
  'grafana.integreatly.org/GrafanaDatasource': datasource,
  'grafana-org-operator.kubitus-project.gitlab.io/*': byConditions({
    passes: [
      [when('Ready', 'False', 'Degraded'), when('Ready', 'True', 'Healthy'), { type: 'Ready', gives: 'Progressing' }],
    ],
    waiting: 'Waiting ...',
  }),
  'kiali.io/Kiali': byConditions({
    passes: [
      [
        when('Successful', 'True', 'Healthy'),
        when('Failure', 'True', 'Degraded'),
        { type: 'Running', reason: 'Running', gives: 'Progressing' },
      ],
    ],
    waiting: 'Waiting for Kiali',
  }),
  'logstash.k8s.elastic.co/Logstash': byPhase({
    at: ['status', 'health'],
    phases: {
      green: ['Healthy', 'Logstash status is Green'],
      yellow: ['Progressing', 'Logstash status is Yellow'],
      red: ['Degraded', 'Logstash status is Red'],
    },
    none: ['Progressing', 'Waiting for Logstash'],
  }),
}
