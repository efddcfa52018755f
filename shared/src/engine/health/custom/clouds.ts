import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import { at } from '../fields.ts'
import { verdict } from '../verdict.ts'
import { asText, byConditions, conditionsAt, when, type CustomRule, type RuleTable } from './rules.ts'
import { join } from './strict.ts'

const upToDate = 'Resource is up-to-date.'

/** Crossplane: managed resources, compositions, and what has no status at all. */
function managed(statusless: readonly string[], good: readonly string[]): CustomRule {
  return (object) => {
    const status = at(object, 'status')
    const empty = typeof status === 'object' && status !== null && Object.keys(status).length === 0
    // Without any status a kind is taken to be one that has none.
    if (status === undefined || status === null || (empty && statusless.includes(object.kind)))
      return verdict('Healthy', upToDate)
    if (at(status, 'conditions') === undefined) {
      const config = object.kind === 'ProviderConfig' || object.kind === 'ClusterProviderConfig'
      return config && at(status, 'users') !== undefined
        ? verdict('Healthy', 'Resource is in use.')
        : verdict('Progressing', 'Provisioning ...')
    }
    let healthy = false
    for (const { type, status: state, message } of conditionsAt(object)) {
      if ((type === 'LastAsyncOperation' || type === 'Synced') && state === 'False')
        return verdict('Degraded', asText(message))
      healthy ||= typeof type === 'string' && good.includes(type) && state === 'True'
    }
    return healthy ? verdict('Healthy', upToDate) : verdict('Progressing', 'Provisioning ...')
  }
}

const configs = ['ClusterProviderConfig', 'ProviderConfig', 'ProviderConfigUsage']

/** A provider's package: installed and healthy, or not. */
const provider: CustomRule = (object) => {
  if (at(object, 'status', 'conditions') === undefined)
    return verdict('Progressing', 'Waiting for provider to be installed')
  const found = (type: string) => conditionsAt(object).findLast((one) => one['type'] === type)
  const both = [found('Installed'), found('Healthy')]
  return verdict(
    both.every((one) => one?.['status'] === 'True') ? 'Healthy' : 'Degraded',
    join(20, both[0]?.['reason'], ' ', both[1]?.['reason']),
  )
}

function isObserved(object: KubeObject): boolean {
  const observed = at(object, 'status', 'observedGeneration')
  return observed === undefined || observed === object.metadata.generation
}

const connected = byConditions({
  passes: [
    [
      { reason: 'UpToDate', status: 'True', gives: 'Healthy' },
      { reason: ['UpdateFailed', 'DependencyNotFound'], gives: 'Degraded' },
      { reason: 'DependencyNotReady', gives: 'Suspended' },
    ],
  ],
  waiting: 'Update in progress',
})

/** Google's Config Connector. */
const configConnector: CustomRule = (object) => {
  if (!isObserved(object)) return verdict('Progressing', 'Update in progress')
  const healthy = at(object, 'status', 'healthy')
  if ((object.kind === 'ConfigConnector' || object.kind === 'ConfigConnectorContext') && typeof healthy === 'boolean') {
    return healthy
      ? verdict('Healthy', `${object.kind} is healthy`)
      : verdict('Degraded', `${object.kind} is not healthy`)
  }
  return connected(object)
}

const classicWords: Readonly<Record<string, string>> = dictionary({
  Distribution: 'distribution',
  ResourceRecordSet: 'resourcrecordset',
})

/** The first AWS provider's kinds, which can be paused, and whose Ready comes late. */
function classic(name: string): CustomRule {
  const kind = classicWords[name] ?? name
  return (object) => {
    if (at(object, 'status', 'conditions') === undefined)
      return verdict('Progressing', `Waiting for ${kind} to be created`)
    let [ready, synced, paused] = [false, false, false]
    let [readyReason, error]: unknown[] = []
    for (const { type, status, reason, message } of conditionsAt(object)) {
      if (type === 'Ready') [ready, readyReason] = [status === 'True', reason]
      if (type !== 'Synced') continue
      synced = status === 'True'
      paused ||= reason === 'ReconcilePaused'
      if (reason === 'ReconcileError') error = message
    }
    if (ready && synced) return verdict('Healthy', asText(readyReason))
    if (!synced && paused) return verdict('Suspended', 'ReconcilePaused')
    return synced && !paused
      ? verdict('Progressing', `Waiting for ${kind} to be available`)
      : verdict('Degraded', asText(error))
  }
}

const stackInstall: CustomRule = (object) => {
  const all = conditionsAt(object, ['status', 'conditionedStatus', 'conditions']).filter(
    (one) => one['type'] === 'Ready',
  )
  const ready = all.find((one) => one['status'] === 'True')
  if (ready) return verdict('Healthy', asText(ready['reason']))
  return verdict('Progressing', all.length === 0 ? 'Waiting for stack to be installed' : asText(all.at(-1)?.['reason']))
}

const classicKinds = [
  'cloudfront.aws.crossplane.io/Distribution',
  'iam.aws.crossplane.io/Policy',
  'iam.aws.crossplane.io/Role',
  'iam.aws.crossplane.io/RolePolicyAttachment',
  'rds.aws.crossplane.io/DBCluster',
  'rds.aws.crossplane.io/DBInstance',
  'route53.aws.crossplane.io/ResourceRecordSet',
  's3.aws.crossplane.io/Bucket',
]

/** Clouds as objects: Crossplane, Upbound, Config Connector, the AWS controllers. */
export const cloudRules: RuleTable = {
  'pkg.crossplane.io/Provider': provider,
  ...Object.fromEntries(classicKinds.map((name) => [name, classic(name.slice(name.indexOf('/') + 1))])),
  'stacks.crossplane.io/ClusterStackInstall': stackInstall,
  '*.crossplane.io/*': managed(
    ['Composition', 'CompositionRevision', 'DeploymentRuntimeConfig', ...configs, 'ControllerConfig'],
    ['Ready', 'Healthy', 'Offered', 'Established', 'ValidPipeline', 'RevisionHealthy'],
  ),
  '*.upbound.io/*': managed(configs, ['Ready']),
  '*.cnrm.cloud.google.com/*': configConnector,
  '*.services.k8s.aws/*': byConditions({
    passes: [
      [
        when('ACK.Terminal', 'True', 'Degraded'),
        when('Ready', 'False', 'Progressing'),
        when('Ready', 'True', 'Healthy', ''),
      ],
    ],
    waiting: 'Waiting for resource to be ready',
  }),
}
