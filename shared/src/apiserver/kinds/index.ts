import { dictionary } from '../../lang/dictionary.ts'
import type { FieldError, KindStrategy } from '../strategy.ts'
import { builtinTables } from '../tables/index.ts'
import * as access from '../validation/access.ts'
import * as cluster from '../validation/cluster.ts'
import * as csi from '../validation/csi.ts'
import { validateEndpoints } from '../validation/endpoints.ts'
import { validateRevision, validateRuntimeClass } from '../validation/runtime-classes.ts'
import * as quotas from '../validation/quotas.ts'
import * as config from '../validation/config.ts'
import { validateCronJob, validateJob } from '../validation/jobs.ts'
import { dnsLabel, pathSegment } from '../validation/names.ts'
import { validateAutoscaler } from '../validation/autoscalers.ts'
import { validateDisruptionBudget } from '../validation/disruption-budgets.ts'
import { validateIngress, validateIngressClass } from '../validation/ingress.ts'
import { validateNetworkPolicy } from '../validation/network-policies.ts'
import { validatePodTemplate } from '../validation/pods.ts'
import { validateService } from '../validation/services.ts'
import { statusChecks } from '../validation/status.ts'
import * as storage from '../validation/storage.ts'
import type { Fields } from '../validation/values.ts'
import * as workloads from '../validation/workloads.ts'
import { crdStrategy } from '../crd/strategy.ts'
import { admissionKinds } from './admission.ts'
import { certificateRequestStrategy } from './certificate-requests.ts'
import { defaultPod } from './pod-defaults.ts'
import { podStrategy } from './pods.ts'
import * as prepare from './prepare.ts'
import { prepareService } from './service-addresses.ts'
import * as small from './small-defaults.ts'
import { firstAutoscaler } from './versions/autoscalers.ts'
import { newerEvent } from './versions/events.ts'
import * as warnings from './warnings/kinds.ts'
import * as storageWarnings from './warnings/storage.ts'
import * as workloadWarnings from './warnings/workloads.ts'
import * as workload from './workload-defaults.ts'

type Check = (next: Fields, previous: Fields | undefined) => readonly FieldError[]

/** What a kind checks when the object itself is written; its status is written by controllers, who are believed. */
function checked(check: Check): Pick<KindStrategy, 'validate'> {
  return {
    validate: (next, previous, context) => (context.subresource === undefined ? check(next, previous) : []),
  }
}

function knowsZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const autoscaler: KindStrategy = { defaults: small.defaultAutoscaler, ...checked(validateAutoscaler) }
const namedAsPath = { nameRule: pathSegment }

const rows: Readonly<Record<string, KindStrategy>> = dictionary({
  bindings: {},
  configmaps: checked(config.validateConfigMap),
  secrets: {
    defaults: (next) => {
      small.mergeStringData(next)
      small.defaultSecret(next)
    },
    ...checked(config.validateSecret),
    warnings: warnings.secretWarnings,
  },
  pods: podStrategy(defaultPod),
  podtemplates: {
    defaults: workload.defaultPodTemplateObject,
    ...checked((next) => validatePodTemplate(next['template'], 'template')),
    warnings: workloadWarnings.podTemplateWarnings,
  },
  services: {
    nameRule: dnsLabel,
    defaults: small.defaultService,
    prepare: prepareService,
    ...checked(validateService),
    warnings: warnings.serviceWarnings,
  },
  endpoints: {
    defaults: small.defaultEndpoints,
    ...checked(validateEndpoints),
    warnings: warnings.endpointsWarnings,
  },
  namespaces: {
    nameRule: dnsLabel,
    defaults: (next) => {
      prepare.labelNamespace(next)
      small.defaultNamespace(next)
    },
    prepare: (next, previous, context) => {
      if (context.subresource === undefined) prepare.prepareNamespace(next, previous)
    },
    validate: (next) => cluster.validateNamespace(next),
  },
  nodes: { defaults: small.defaultNode, ...checked(cluster.validateNode), warnings: warnings.nodeWarnings },
  persistentvolumes: {
    defaults: small.defaultVolume,
    prepare: prepare.prepareVolume,
    ...checked(storage.validateVolume),
    warnings: storageWarnings.volumeWarnings,
  },
  persistentvolumeclaims: {
    defaults: small.defaultClaim,
    prepare: prepare.prepareClaim,
    ...checked(storage.validateClaim),
    warnings: storageWarnings.claimWarnings,
  },
  replicationcontrollers: {
    defaults: workload.defaultReplicationController,
    ...checked(workloads.validateReplicationController),
    warnings: workloadWarnings.controllerWarnings,
    orphansByDefault: {},
  },
  resourcequotas: { defaults: small.defaultQuota, ...checked(quotas.validateQuota) },
  limitranges: {
    defaults: small.defaultLimitRange,
    prepare: prepare.nullWhenEmpty('spec.limits'),
    ...checked(quotas.validateLimitRange),
  },
  serviceaccounts: { warnings: warnings.serviceAccountWarnings },
  events: checked(cluster.validateEvent),
  'events.events.k8s.io': { ...checked(cluster.validateEvent), versions: { v1: newerEvent } },
  'deployments.apps': {
    defaults: workload.defaultDeployment,
    ...checked(workloads.validateDeployment),
    warnings: workloadWarnings.workloadWarnings,
  },
  'replicasets.apps': {
    defaults: workload.defaultReplicaSet,
    ...checked(workloads.validateReplicaSet),
    warnings: workloadWarnings.workloadWarnings,
  },
  'statefulsets.apps': {
    nameRule: dnsLabel,
    defaults: workload.defaultStatefulSet,
    ...checked(workloads.validateStatefulSet),
    warnings: workloadWarnings.statefulSetWarnings,
  },
  'daemonsets.apps': {
    defaults: workload.defaultDaemonSet,
    prepare: prepare.prepareDaemonSet,
    ...checked(workloads.validateDaemonSet),
    warnings: workloadWarnings.daemonSetWarnings,
  },
  'jobs.batch': {
    defaults: workload.defaultJob,
    prepare: prepare.prepareJob,
    ...checked(validateJob),
    warnings: workloadWarnings.jobWarnings,
    orphansByDefault: { warning: workloadWarnings.jobOrphans },
  },
  'cronjobs.batch': {
    defaults: workload.defaultCronJob,
    ...checked((next, previous) => validateCronJob(next, previous, knowsZone)),
    warnings: workloadWarnings.cronJobWarnings,
  },
  'ingresses.networking.k8s.io': {
    defaults: small.defaultIngress,
    ...checked(validateIngress),
    warnings: warnings.ingressWarnings,
  },
  'ingressclasses.networking.k8s.io': checked(validateIngressClass),
  'networkpolicies.networking.k8s.io': {
    defaults: small.defaultNetworkPolicy,
    ...checked(validateNetworkPolicy),
    warnings: warnings.networkPolicyWarnings,
  },
  'poddisruptionbudgets.policy': {
    ...namedAsPath,
    defaults: small.defaultDisruptionBudget,
    ...checked(validateDisruptionBudget),
  },
  'horizontalpodautoscalers.autoscaling': { ...autoscaler, versions: { v1: firstAutoscaler(autoscaler) } },
  'roles.rbac.authorization.k8s.io': {
    ...namedAsPath,
    defaults: small.defaultRole,
    prepare: prepare.nullWhenEmpty('rules'),
    ...checked((next) => access.validateRole(next, true)),
  },
  'clusterroles.rbac.authorization.k8s.io': {
    ...namedAsPath,
    defaults: small.defaultRole,
    prepare: prepare.nullWhenEmpty('rules'),
    ...checked((next) => access.validateRole(next, false)),
  },
  'rolebindings.rbac.authorization.k8s.io': {
    ...namedAsPath,
    defaults: small.defaultBinding,
    ...checked((next, previous) => access.validateBinding(next, previous, true)),
  },
  'clusterrolebindings.rbac.authorization.k8s.io': {
    ...namedAsPath,
    defaults: small.defaultBinding,
    ...checked((next, previous) => access.validateBinding(next, previous, false)),
  },
  'storageclasses.storage.k8s.io': {
    defaults: small.defaultStorageClass,
    ...checked(storage.validateStorageClass),
    warnings: storageWarnings.storageClassWarnings,
  },
  'csidrivers.storage.k8s.io': {
    defaults: small.defaultCsiDriver,
    ...checked(csi.validateCsiDriver),
    warnings: storageWarnings.driverWarnings,
  },
  'csinodes.storage.k8s.io': {
    defaults: small.defaultCsiNode,
    prepare: prepare.nullWhenEmpty('spec.drivers'),
    ...checked(csi.validateCsiNode),
  },
  'csistoragecapacities.storage.k8s.io': {
    defaults: small.defaultStorageCapacity,
    ...checked(csi.validateCapacity),
    warnings: storageWarnings.capacityWarnings,
  },
  'volumeattachments.storage.k8s.io': { defaults: small.defaultAttachment, ...checked(csi.validateAttachment) },
  'volumeattributesclasses.storage.k8s.io': checked(csi.validateAttributesClass),
  'runtimeclasses.node.k8s.io': { ...checked(validateRuntimeClass), warnings: warnings.runtimeClassWarnings },
  'controllerrevisions.apps': checked(validateRevision),
  'leases.coordination.k8s.io': checked(cluster.validateLease),
  'endpointslices.discovery.k8s.io': {
    defaults: small.defaultEndpointSlice,
    prepare: prepare.nullWhenEmpty('endpoints', 'ports'),
    ...checked(cluster.validateEndpointSlice),
    warnings: warnings.endpointSliceWarnings,
  },
  'priorityclasses.scheduling.k8s.io': {
    defaults: small.defaultPriorityClass,
    ...checked(cluster.validatePriorityClass),
  },
  ...admissionKinds,
  'certificatesigningrequests.certificates.k8s.io': certificateRequestStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': crdStrategy,
})

/** What built-in kinds do beyond their schemas, by `plural.group`: defaults, allocation, checks, warnings, tables. */
export const builtinStrategies: Readonly<Record<string, KindStrategy>> = withTables(rows)

function withTables(plain: Readonly<Record<string, KindStrategy>>): Readonly<Record<string, KindStrategy>> {
  const names = new Set([...Object.keys(plain), ...Object.keys(builtinTables)])
  return Object.fromEntries(
    [...names].map((name) => {
      const table = builtinTables[name]
      const row = withStatusCheck(name, withStatus(ofObjects(name, plain[name])))
      return [name, { ...row, ...(table === undefined ? {} : { table }) }]
    }),
  )
}

/** Of writes to subresources, those to a pod's status alone are warned of. */
function ofObjects(name: string, row: KindStrategy | undefined): KindStrategy | undefined {
  if (row?.warnings === undefined || name === 'pods') return row
  return {
    ...row,
    warnings: (next, previous, context) =>
      context.subresource === undefined ? (row.warnings?.(next, previous, context) ?? []) : [],
  }
}

/** Writes to the status are judged by rules of their own. */
function withStatusCheck(name: string, row: KindStrategy | undefined): KindStrategy | undefined {
  const check = statusChecks[name]
  if (check === undefined) return row
  return {
    ...row,
    validate: (next, previous, context) =>
      context.subresource === 'status' ? check(next, previous) : (row?.validate?.(next, previous, context) ?? []),
  }
}

/** A new object's status is emptied before it is prepared: what always stands there is put back. */
function withStatus(row: KindStrategy | undefined): KindStrategy | undefined {
  if (row?.defaults === undefined) return row
  return {
    ...row,
    prepare: async (next, previous, context) => {
      if (previous === undefined) row.defaults?.(next)
      await row.prepare?.(next, previous, context)
    },
  }
}
