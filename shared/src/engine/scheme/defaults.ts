import type { KubeObject } from '../../k8s/object.ts'
import * as admission from '../../apiserver/kinds/admission-defaults.ts'
import * as pods from '../../apiserver/kinds/pod-defaults.ts'
import { childOf } from '../../apiserver/validation/values.ts'
import * as small from '../../apiserver/kinds/small-defaults.ts'
import * as workloads from '../../apiserver/kinds/workload-defaults.ts'
import { dictionary } from '../../lang/dictionary.ts'
import * as older from './older-defaults.ts'
import { encoded } from './remarshal.ts'
import { applyPatch } from '../../k8s/strategic/apply-patch.ts'
import { makePatch } from '../../k8s/strategic/make-patch.ts'
import { schemeType } from './types.ts'
import { isObject } from '../../lang/json.ts'

type Fields = Record<string, unknown>

/** What each kind's clients fill in, by `apiVersion/kind`. */
const defaulters: Readonly<Record<string, (object: Fields) => void>> = dictionary({
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
  'apps/v1/StatefulSet': withoutServersPart(workloads.defaultStatefulSet),
  'apps/v1/DaemonSet': defaultDaemonSet,
  'apps/v1beta2/Deployment': workloads.defaultDeployment,
  'apps/v1beta2/ReplicaSet': workloads.defaultReplicaSet,
  'apps/v1beta2/StatefulSet': withoutServersPart(workloads.defaultStatefulSet),
  'apps/v1beta2/DaemonSet': defaultDaemonSet,
  'apps/v1beta1/Deployment': older.defaultFirstDeployment,
  'apps/v1beta1/StatefulSet': withoutServersPart(older.defaultFirstStatefulSet),
  'extensions/v1beta1/Deployment': older.defaultExtensionsDeployment,
  'extensions/v1beta1/DaemonSet': defaultExtensionsDaemonSet,
  'extensions/v1beta1/ReplicaSet': older.defaultExtensionsReplicaSet,
  'extensions/v1beta1/Ingress': older.defaultFirstIngress,
  'extensions/v1beta1/NetworkPolicy': small.defaultNetworkPolicy,
  'batch/v1/Job': workloads.defaultJob,
  'batch/v1/CronJob': workloads.defaultCronJob,
  'batch/v1beta1/CronJob': workloads.defaultCronJob,
  'autoscaling/v2/HorizontalPodAutoscaler': small.defaultAutoscaler,
  'autoscaling/v1/HorizontalPodAutoscaler': defaultMinimum,
  'networking.k8s.io/v1/NetworkPolicy': small.defaultNetworkPolicy,
  'networking.k8s.io/v1/IngressClass': defaultIngressClass,
  'networking.k8s.io/v1beta1/Ingress': older.defaultFirstIngress,
  // Without defaults, but with a field that is written anew whenever defaults are.
  'policy/v1/PodDisruptionBudget': () => undefined,
  'rbac.authorization.k8s.io/v1/RoleBinding': small.defaultBinding,
  'rbac.authorization.k8s.io/v1beta1/RoleBinding': small.defaultBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': small.defaultBinding,
  'rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding': small.defaultBinding,
  'storage.k8s.io/v1/StorageClass': small.defaultStorageClass,
  'storage.k8s.io/v1beta1/StorageClass': small.defaultStorageClass,
  'storage.k8s.io/v1/CSIDriver': small.defaultCsiDriver,
  'storage.k8s.io/v1beta1/CSIDriver': small.defaultCsiDriver,
  'scheduling.k8s.io/v1/PriorityClass': small.defaultPriorityClass,
  'scheduling.k8s.io/v1beta1/PriorityClass': small.defaultPriorityClass,
  'discovery.k8s.io/v1/EndpointSlice': small.defaultEndpointSlice,
  'discovery.k8s.io/v1beta1/EndpointSlice': small.defaultEndpointSlice,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': admission.defaultValidatingWebhooks,
  'admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration': admission.defaultValidatingWebhooks,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': admission.defaultMutatingWebhooks,
  'admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration': admission.defaultMutatingWebhooks,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': admission.defaultMutatingPolicy,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
  'admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy': admission.defaultMutatingPolicy,
  'admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': admission.defaultPolicy,
  'admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicy': admission.defaultPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
  'admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
})

function defaultNamespace(object: Fields): void {
  const name = fieldsAt(object, 'metadata')['name']
  const metadata = fieldsAt(object, 'metadata')
  if (name) metadata['labels'] = { ...fieldsAt(metadata, 'labels'), 'kubernetes.io/metadata.name': name }
  object['status'] = { phase: 'Active', ...fieldsAt(object, 'status') }
}

/** What only the server writes, because of what it once was, is no default of a client. */
function withoutServersPart(fill: (object: Fields) => void): (object: Fields) => void {
  return (object) => {
    const found = fieldsAt(object, 'spec')['volumeClaimTemplates']
    const templates = (Array.isArray(found) ? found : []) as Fields[]
    const named = templates.map(({ apiVersion, kind }) => ({ apiVersion, kind }))
    fill(object)
    for (const [index, template] of templates.entries()) {
      for (const [key, said] of Object.entries(named[index] ?? {})) if (said === undefined) delete template[key]
    }
  }
}

function defaultDaemonSet(object: Fields): void {
  workloads.defaultDaemonSet(object)
  delete fieldsAt(fieldsAt(object, 'metadata'), 'annotations')['deprecated.daemonset.template.generation']
}

function defaultExtensionsDaemonSet(object: Fields): void {
  older.defaultExtensionsDaemonSet(object)
  defaultDaemonSet(object)
}

function defaultIngressClass(object: Fields): void {
  const parameters = fieldsAt(object, 'spec')['parameters']
  if (isObject(parameters)) parameters['scope'] ??= 'Cluster'
}

function fieldsAt(object: Fields, key: string): Fields {
  const value = object[key]
  return isObject(value) ? value : {}
}

function defaultMinimum(object: Fields): void {
  childOf(object, 'spec')['minReplicas'] ??= 1
}

/**
 * The object with the defaults that Kubernetes' own clients know, so that what a server filled in is no difference.
 * What the object already says stays letter by letter; an object that its type cannot hold stays whole. The type is that
 * of `like`.
 */
export function withDefaults(object: KubeObject, like: Pick<KubeObject, 'apiVersion' | 'kind'> = object): KubeObject {
  const type = schemeType(like.apiVersion, like.kind)
  const fill = defaulters[`${like.apiVersion}/${like.kind}`]
  if (!type || !fill) return object
  const draft = encoded(object, type, { fresh: true, lenient: true }) as Fields | undefined
  if (!draft) return object
  const { serviceAccount, serviceAccountName } = podSpecOf(draft)
  fill(draft)
  // What the server writes beside it for those who know only its old name is no default.
  Object.assign(podSpecOf(draft), { serviceAccount, serviceAccountName })
  const before = encoded(object, type, typed) as Fields
  const after = encoded(draft, type, typed) as Fields
  const patch = makePatch(before, after, type, { changes: true, deletions: true })
  return applyPatch(object, patch, type) as KubeObject
}

/** The specification of the Pod that an object is, or is a template of; a draft of nothing where it is neither. */
function podSpecOf(object: Fields): Fields {
  if (object['kind'] === 'Pod') return fieldsAt(object, 'spec')
  const holder = object['kind'] === 'PodTemplate' ? object : fieldsAt(object, 'spec')
  const inner = object['kind'] === 'CronJob' ? fieldsAt(fieldsAt(holder, 'jobTemplate'), 'spec') : holder
  return fieldsAt(fieldsAt(inner, 'template'), 'spec')
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
