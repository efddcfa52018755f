import { canonicalQuantity } from '../validation/quantity.ts'
import {
  childOf,
  fieldsList,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  setDefault,
  textOf,
  type Fields,
} from '../validation/values.ts'
import { canonicalResources, defaultClaimSpec } from './pod-defaults.ts'

const rbacGroup = 'rbac.authorization.k8s.io'

/** RoleBinding and ClusterRoleBinding: users and groups belong to RBAC's own group. */
export function defaultBinding(object: Fields): void {
  setDefault(childOf(object, 'roleRef'), 'apiGroup', rbacGroup)
  for (const subject of fieldsList(object['subjects'])) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') setDefault(subject, 'apiGroup', rbacGroup)
  }
}

/** Role and ClusterRole are written with their rules, be they none. */
export function defaultRole(object: Fields): void {
  object['rules'] ??= null
}

/** Namespace: its status is there from the start. */
export function defaultNamespace(object: Fields): void {
  childOf(object, 'spec')
  childOf(object, 'status')
}

/** Secret. */
export function defaultSecret(object: Fields): void {
  setDefault(object, 'type', 'Opaque')
}

/** Merges `stringData` into `data`, which is what storage and readers see. */
export function mergeStringData(object: Fields): void {
  if (!isFields(object['stringData'])) return
  const data = childOf(object, 'data')
  for (const [key, value] of Object.entries(object['stringData'])) {
    data[key] = Buffer.from(textOf(value), 'utf8').toString('base64')
  }
  delete object['stringData']
}

/** Service: ports and types; addresses are given later. */
export function defaultService(object: Fields): void {
  const spec = childOf(object, 'spec')
  setDefault(spec, 'sessionAffinity', 'None')
  setDefault(spec, 'type', 'ClusterIP')
  for (const port of fieldsList(spec['ports'])) {
    setDefault(port, 'protocol', 'TCP')
    if (!isSet(port['targetPort']) || port['targetPort'] === 0) port['targetPort'] = port['port'] ?? 0
  }
  const type = spec['type']
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig']
  if (spec['sessionAffinity'] === 'ClientIP') {
    const config = childOf(childOf(spec, 'sessionAffinityConfig'), 'clientIP')
    config['timeoutSeconds'] ??= 10800
  }
  const external =
    type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && listOf(spec['externalIPs']).length > 0)
  if (external) setDefault(spec, 'externalTrafficPolicy', 'Cluster')
  if (type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP')
    spec['internalTrafficPolicy'] ??= 'Cluster'
  if (type === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true
  childOf(childOf(object, 'status'), 'loadBalancer')
}

/** PersistentVolumeClaim. */
export function defaultClaim(object: Fields): void {
  defaultClaimSpec(childOf(object, 'spec'))
  const status = childOf(object, 'status')
  setDefault(status, 'phase', 'Pending')
  canonicalResources(status['capacity'])
}

/** PersistentVolume. */
export function defaultVolume(object: Fields): void {
  const spec = childOf(object, 'spec')
  setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain')
  spec['volumeMode'] ??= 'Filesystem'
  if (isFields(spec['hostPath'])) spec['hostPath']['type'] ??= ''
  canonicalResources(spec['capacity'])
  setDefault(childOf(object, 'status'), 'phase', 'Pending')
}

/** StorageClass. */
export function defaultStorageClass(object: Fields): void {
  object['reclaimPolicy'] ??= 'Delete'
  object['volumeBindingMode'] ??= 'Immediate'
}

/** CSIDriver. */
export function defaultCsiDriver(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['attachRequired'] ??= true
  spec['podInfoOnMount'] ??= false
  spec['storageCapacity'] ??= false
  spec['requiresRepublish'] ??= false
  spec['seLinuxMount'] ??= false
  spec['fsGroupPolicy'] ??= 'ReadWriteOnceWithFSType'
  if (listOf(spec['volumeLifecycleModes']).length === 0) spec['volumeLifecycleModes'] = ['Persistent']
}

/** CSINode, whose drivers are written even if none. */
export function defaultCsiNode(object: Fields): void {
  childOf(object, 'spec')['drivers'] ??= null
}

/** PriorityClass. */
export function defaultPriorityClass(object: Fields): void {
  object['preemptionPolicy'] ??= 'PreemptLowerPriority'
}

/** LimitRange: what is not said follows from what is. */
export function defaultLimitRange(object: Fields): void {
  for (const limit of fieldsList(childOf(object, 'spec')['limits'])) {
    for (const part of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'])
      canonicalResources(limit[part])
    if (limit['type'] !== 'Container') continue
    const fallback = childOf(limit, 'default')
    const request = childOf(limit, 'defaultRequest')
    for (const [name, quantity] of Object.entries(fieldsOf(limit['max']))) fallback[name] ??= quantity
    for (const [name, quantity] of Object.entries(fallback)) request[name] ??= quantity
    for (const [name, quantity] of Object.entries(fieldsOf(limit['min']))) request[name] ??= quantity
    for (const part of ['default', 'defaultRequest'])
      if (Object.keys(fieldsOf(limit[part])).length === 0) delete limit[part]
  }
}

/** ResourceQuota. */
export function defaultQuota(object: Fields): void {
  canonicalResources(childOf(object, 'spec')['hard'])
  const status = childOf(object, 'status')
  canonicalResources(status['hard'])
  canonicalResources(status['used'])
}

/** HorizontalPodAutoscaler: without metrics it looks at 80 % of CPU. */
export function defaultAutoscaler(object: Fields): void {
  const spec = childOf(object, 'spec')
  spec['minReplicas'] ??= 1
  if (listOf(spec['metrics']).length === 0) {
    spec['metrics'] = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ]
  }
  if (isFields(spec['behavior'])) defaultScaling(spec['behavior'])
  const status = childOf(object, 'status')
  status['desiredReplicas'] ??= 0
  status['currentMetrics'] ??= null
}

function defaultScaling(behavior: Fields): void {
  const up = childOf(behavior, 'scaleUp')
  up['stabilizationWindowSeconds'] ??= 0
  up['selectPolicy'] ??= 'Max'
  up['policies'] ??= [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]
  const down = childOf(behavior, 'scaleDown')
  down['selectPolicy'] ??= 'Max'
  down['policies'] ??= [{ type: 'Percent', value: 100, periodSeconds: 15 }]
}

/** NetworkPolicy: it is about ingress, and about egress if it says so. */
export function defaultNetworkPolicy(object: Fields): void {
  const spec = childOf(object, 'spec')
  childOf(spec, 'podSelector')
  for (const direction of ['ingress', 'egress']) {
    for (const rule of fieldsList(spec[direction])) {
      for (const port of fieldsList(rule['ports'])) port['protocol'] ??= 'TCP'
    }
  }
  if (listOf(spec['policyTypes']).length === 0) {
    spec['policyTypes'] = listOf(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  }
}

/** Ingress. */
export function defaultIngress(object: Fields): void {
  childOf(childOf(object, 'status'), 'loadBalancer')
}

/** PodDisruptionBudget: its status counts from zero. */
export function defaultDisruptionBudget(object: Fields): void {
  const status = childOf(object, 'status')
  for (const count of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']) status[count] ??= 0
}

/** Endpoints. */
export function defaultEndpoints(object: Fields): void {
  for (const subset of fieldsList(object['subsets'])) {
    for (const port of fieldsList(subset['ports'])) setDefault(port, 'protocol', 'TCP')
  }
}

/** EndpointSlice. */
export function defaultEndpointSlice(object: Fields): void {
  for (const endpoint of fieldsList(object['endpoints'])) childOf(endpoint, 'conditions')
  for (const port of fieldsList(object['ports'])) {
    port['name'] ??= ''
    port['protocol'] ??= 'TCP'
  }
  object['endpoints'] ??= null
  object['ports'] ??= null
}

/** Node: its status is there from the start. */
export function defaultNode(object: Fields): void {
  const spec = childOf(object, 'spec')
  // The old and the new name of its range of pods say the same.
  const [first] = listOf(spec['podCIDRs'])
  if (isSet(spec['podCIDR']) && spec['podCIDR'] !== first) spec['podCIDRs'] = [spec['podCIDR']]
  else if (first !== undefined) spec['podCIDR'] = first
  const status = childOf(object, 'status')
  canonicalResources(status['capacity'])
  canonicalResources(status['allocatable'])
  childOf(childOf(status, 'daemonEndpoints'), 'kubeletEndpoint')['Port'] ??= 0
  const info = childOf(status, 'nodeInfo')
  for (const text of nodeInfo) info[text] ??= ''
}

const nodeInfo = [
  'machineID',
  'systemUUID',
  'bootID',
  'kernelVersion',
  'osImage',
  'containerRuntimeVersion',
  'kubeletVersion',
  'kubeProxyVersion',
  'operatingSystem',
  'architecture',
]

/** VolumeAttachment. */
export function defaultAttachment(object: Fields): void {
  childOf(object, 'status')['attached'] ??= false
}

/** CSIStorageCapacity. */
export function defaultStorageCapacity(object: Fields): void {
  for (const size of ['capacity', 'maximumVolumeSize']) {
    if (object[size] !== undefined) object[size] = canonicalQuantity(object[size])
  }
}
