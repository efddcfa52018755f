import type { KubeObject } from '../../k8s/object.ts'
import * as admission from '../../apiserver/kinds/admission-defaults.ts'
import * as pods from '../../apiserver/kinds/pod-defaults.ts'
import * as small from '../../apiserver/kinds/small-defaults.ts'
import * as workloads from '../../apiserver/kinds/workload-defaults.ts'
import { encoded } from './remarshal.ts'
import { schemeType, type SchemeType, type StructType } from './types.ts'

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
  workloads.defaultStatefulSet(object)
  const templates = fieldsAt(object, 'spec')['volumeClaimTemplates']
  for (const template of Array.isArray(templates) ? templates : []) {
    delete (template as Fields)['apiVersion']
    delete (template as Fields)['kind']
  }
}

function defaultDaemonSet(object: Fields): void {
  workloads.defaultDaemonSet(object)
  delete fieldsAt(fieldsAt(object, 'metadata'), 'annotations')['deprecated.daemonset.template.generation']
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
  const filled = encoded(object, type, true) as Fields | undefined
  if (!filled) return object
  fill(filled)
  return addMissing(object, filled, type) as KubeObject
}

/** Whether defaults are known for an object, and its type can hold it. */
export function takesDefaults(object: KubeObject): boolean {
  const type = schemeType(object.apiVersion, object.kind)
  return (
    type !== undefined && `${object.apiVersion}/${object.kind}` in defaulters && encoded(object, type) !== undefined
  )
}

/** `value` with the fields that only `filled` has; the zero values that Go writes anyway are none. */
function addMissing(value: unknown, filled: unknown, type: SchemeType): unknown {
  if (Array.isArray(value) && Array.isArray(filled) && type.form === 'list') {
    return value.map((item: unknown, index) => addMissing(item, filled[index], type.of))
  }
  if (!isFields(filled) || !isFields(value)) return value
  if (type.form === 'map') return { ...filled, ...value }
  if (type.form !== 'struct') return value
  const result: Fields = { ...value }
  for (const [key, item] of Object.entries(filled)) {
    const field = type.fields.get(key)
    if (!field) continue
    if (key in value && value[key] !== null) {
      // An empty value counts as none where Go cannot tell the two apart.
      const said = value[key]
      if (!field.pointer && (said === '' || said === 0) && item !== said) result[key] = item
      else result[key] = addMissing(said, item, field.type)
    } else if (field.pointer || field.type.form !== 'struct') {
      if (field.pointer ? item !== null : !isZero(item)) result[key] = withoutZeros(item, field.type)
    } else {
      const added = addMissing({}, item, field.type)
      if (Object.keys(added as Fields).length > 0) result[key] = added
    }
  }
  return result
}

function withoutZeros(value: unknown, type: SchemeType): unknown {
  if (Array.isArray(value) && type.form === 'list') return value.map((item: unknown) => withoutZeros(item, type.of))
  return type.form === 'struct' ? addMissing({}, value, type satisfies StructType) : value
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return isFields(value) && Object.keys(value).length === 0
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
