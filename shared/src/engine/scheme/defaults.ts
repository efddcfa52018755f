import type { KubeObject } from '../../k8s/object.ts'
import { deepEqual } from '../../lang/deep-equal.ts'
import * as admission from '../../apiserver/kinds/admission-defaults.ts'
import * as pods from '../../apiserver/kinds/pod-defaults.ts'
import * as small from '../../apiserver/kinds/small-defaults.ts'
import * as workloads from '../../apiserver/kinds/workload-defaults.ts'
import { encoded } from './remarshal.ts'
import { schemeType, type SchemeField, type SchemeType } from './types.ts'

type Fields = Record<string, unknown>

/** What each kind's clients fill in, by `apiVersion/kind`. */
const defaulters: Readonly<Record<string, (object: Fields) => void>> = {
  'v1/Pod': pods.defaultPod,
  'v1/Namespace': defaultNamespace,
  'v1/Service': small.defaultService,
  'v1/Secret': small.defaultSecret,
  'v1/PersistentVolumeClaim': small.defaultClaim,
  'v1/PersistentVolume': small.defaultVolume,
  'v1/LimitRange': small.defaultLimitRange,
  'v1/Endpoints': small.defaultEndpoints,
  'v1/ReplicationController': workloads.defaultReplicationController,
  'v1/PodTemplate': workloads.defaultPodTemplateObject,
  'apps/v1/Deployment': workloads.defaultDeployment,
  'apps/v1/ReplicaSet': workloads.defaultReplicaSet,
  'apps/v1/StatefulSet': defaultStatefulSet,
  'apps/v1/DaemonSet': defaultDaemonSet,
  'apps/v1beta2/Deployment': workloads.defaultDeployment,
  'apps/v1beta2/ReplicaSet': workloads.defaultReplicaSet,
  'apps/v1beta2/StatefulSet': defaultStatefulSet,
  'apps/v1beta2/DaemonSet': defaultDaemonSet,
  'apps/v1beta1/Deployment': defaultFirstDeployment,
  'batch/v1/Job': workloads.defaultJob,
  'batch/v1/CronJob': workloads.defaultCronJob,
  'autoscaling/v2/HorizontalPodAutoscaler': small.defaultAutoscaler,
  'autoscaling/v1/HorizontalPodAutoscaler': defaultMinimum,
  'networking.k8s.io/v1/NetworkPolicy': small.defaultNetworkPolicy,
  'rbac.authorization.k8s.io/v1/RoleBinding': small.defaultBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': small.defaultBinding,
  'storage.k8s.io/v1/StorageClass': small.defaultStorageClass,
  'storage.k8s.io/v1/CSIDriver': small.defaultCsiDriver,
  'scheduling.k8s.io/v1/PriorityClass': small.defaultPriorityClass,
  'discovery.k8s.io/v1/EndpointSlice': small.defaultEndpointSlice,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': admission.defaultValidatingWebhooks,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': admission.defaultMutatingWebhooks,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': admission.defaultPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
}

function defaultNamespace(object: Fields): void {
  const name = fieldsAt(object, 'metadata')['name']
  const metadata = fieldsAt(object, 'metadata')
  if (name) metadata['labels'] = { ...fieldsAt(metadata, 'labels'), 'kubernetes.io/metadata.name': name }
  object['status'] = { phase: 'Active', ...fieldsAt(object, 'status') }
}

/** What only the server writes, because of what it once was, is no default of a client. */
function defaultStatefulSet(object: Fields): void {
  const found = fieldsAt(object, 'spec')['volumeClaimTemplates']
  const templates = (Array.isArray(found) ? found : []) as Fields[]
  const named = templates.map(({ apiVersion, kind }) => ({ apiVersion, kind }))
  workloads.defaultStatefulSet(object)
  for (const [index, template] of templates.entries()) {
    for (const [key, said] of Object.entries(named[index] ?? {})) if (said === undefined) delete template[key]
  }
}

function defaultDaemonSet(object: Fields): void {
  workloads.defaultDaemonSet(object)
  delete fieldsAt(fieldsAt(object, 'metadata'), 'annotations')['deprecated.daemonset.template.generation']
}

/** The first version kept two revisions. */
function defaultFirstDeployment(object: Fields): void {
  if (isFields(object['spec'])) object['spec']['revisionHistoryLimit'] ??= 2
  workloads.defaultDeployment(object)
}

function fieldsAt(object: Fields, key: string): Fields {
  const value = object[key]
  return isFields(value) ? value : {}
}

function defaultMinimum(object: Fields): void {
  const spec = object['spec']
  if (typeof spec === 'object' && spec !== null) (spec as Fields)['minReplicas'] ??= 1
}

/**
 * The object with the defaults that Kubernetes' own clients know, so that what a server filled in is no difference.
 * What the object already says stays letter by letter; an object that its type cannot hold stays whole.
 */
export function withDefaults(object: KubeObject): KubeObject {
  const type = schemeType(object.apiVersion, object.kind)
  const fill = defaulters[`${object.apiVersion}/${object.kind}`]
  if (!type || !fill) return object
  const draft = encoded(object, type, { fresh: true, lenient: true }) as Fields | undefined
  if (!draft) return object
  fill(draft)
  const before = encoded(object, type, typed)
  const after = encoded(draft, type, typed)
  return filledIn(object, before, after, type) as KubeObject
}

// What Go holds of an object: the fields that it knows, with their zero values where it writes those.
const typed = { lenient: true, complete: true }

/** Whether defaults are known for an object, and its type can hold it. */
export function takesDefaults(object: KubeObject): boolean {
  const type = schemeType(object.apiVersion, object.kind)
  return (
    type !== undefined &&
    `${object.apiVersion}/${object.kind}` in defaulters &&
    encoded(object, type, { lenient: true }) !== undefined
  )
}

/** `value` with what is other in `after` than in `before`, as a strategic merge patch would bring it. */
function filledIn(value: unknown, before: unknown, after: unknown, type: SchemeType): unknown {
  if (!isFields(value) || !isFields(after)) return after
  const was = isFields(before) ? before : {}
  let result = value
  for (const [key, item] of Object.entries(after)) {
    const field = type.form === 'struct' ? type.fields.get(key) : undefined
    if (deepEqual(was[key], item) || (field && isForOlderClients(type, key))) continue
    if (result === value) result = { ...value }
    result[key] = fieldFilledIn(value[key], was[key], item, field ?? { type: itemType(type), merge: false })
  }
  return result
}

function fieldFilledIn(
  value: unknown,
  before: unknown,
  after: unknown,
  { type, merge, mergeKey }: Pick<SchemeField, 'type' | 'merge' | 'mergeKey'>,
): unknown {
  if (isFields(after)) return filledIn(isFields(value) ? value : {}, before, after, type)
  if (!Array.isArray(after) || !Array.isArray(before) || !Array.isArray(value)) return after
  // Only lists whose items have a key are patched item by item; others are written anew, as Go writes them.
  if (!merge || mergeKey === undefined) return after
  return value.map((item: unknown, index) =>
    deepEqual(before[index], after[index]) ? item : filledIn(item, before[index], after[index], itemType(type)),
  )
}

function itemType(type: SchemeType): SchemeType {
  return type.form === 'list' || type.form === 'map' ? type.of : type
}

/** What the server writes beside a field for those who know only its old name. */
function isForOlderClients(type: SchemeType, key: string): boolean {
  return (
    (key === 'serviceAccount' || key === 'serviceAccountName') &&
    type.form === 'struct' &&
    type.fields.has('containers')
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
