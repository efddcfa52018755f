import type { RawSchema } from './types.ts'

/**
 * Go leaves an optional field out of JSON when it holds its zero value, unless the field is a pointer. OpenAPI does not tell
 * pointers from values, so the rarer of the two is listed here: strings that are pointers, numbers and booleans that are values.
 */
const pointerStrings = new Set([
  'storageClassName', 'ingressClassName', 'volumeAttributesClassName', 'targetVolumeAttributesClassName', 'currentVolumeAttributesClassName',
  'hostnameOverride', 'appProtocol', 'runtimeClassName', 'gmsaCredentialSpec', 'gmsaCredentialSpecName', 'runAsUserName', 'apiGroup',
  'podFailurePolicy', 'timeZone', 'completionMode', 'managedBy', 'podReplacementPolicy', 'nodeName@EndpointPort', 'zone', 'externalName@none',
  'unhealthyPodEvictionPolicy', 'preemptionPolicy', 'internalTrafficPolicy', 'ipFamilyPolicy', 'loadBalancerClass', 'trafficDistribution',
  'volumeMode', 'mountPropagation', 'recursiveReadOnly', 'fsGroupChangePolicy', 'seLinuxChangePolicy', 'supplementalGroupsPolicy', 'procMount',
  'reclaimPolicy', 'volumeBindingMode', 'fsType@CSI', 'url', 'path@ServiceReference', 'failurePolicy', 'matchPolicy', 'sideEffects', 'scope',
  'reinvocationPolicy', 'reason@Validation', 'parameterNotFoundAction', 'nodeAffinityPolicy', 'nodeTaintsPolicy', 'holderIdentity', 'pathType',
  'restartPolicy@Container', 'service@GRPCAction', 'azureFileSecretNamespace', 'secretNamespace', 'cachingMode', 'kind@AzureDisk', 'conditionType', 'value@Toleration',
  'stopSignal', 'error', 'nodeName@Endpoint', 'hostname@Endpoint', 'name@EndpointPort', 'protocol@EndpointPort', 'selectPolicy', 'pattern@none',
])

const valueNumbers = new Set([
  'minReadySeconds', 'initialDelaySeconds', 'timeoutSeconds@Probe', 'periodSeconds', 'successThreshold', 'failureThreshold', 'hostPort', 'nodePort',
  'observedGeneration', 'replicas@Status', 'readyReplicas', 'availableReplicas@Deployment', 'availableReplicas@ReplicaSet', 'updatedReplicas', 'unavailableReplicas',
  'fullyLabeledReplicas', 'currentReplicas', 'active', 'succeeded', 'failed', 'healthCheckNodePort', 'partition@AWSElastic', 'iscsi', 'weight@none', 'lun@none',
  'generation', 'count', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'portName', 'port@EventSource', 'restartCount@none', 'exitCode@none',
])

const valueBooleans = new Set([
  'hostNetwork', 'hostPID', 'hostIPC', 'stdin', 'stdinOnce', 'tty', 'readOnly', 'paused', 'unschedulable', 'publishNotReadyAddresses', 'globalDefault',
  'insecureSkipTLSVerify', 'attachRequired@none', 'preserveUnknownFields', 'nullable', 'uniqueItems', 'exclusiveMaximum', 'exclusiveMinimum',
  'hostUsers@none', 'deprecated', 'denied', 'incomplete', 'orphanDependents@none',
])

/** Whether `struct.field` is left out when it is empty, false, zero or the empty string. */
export function omitsZero(struct: string, field: string, schema: RawSchema): boolean {
  const short = struct.slice(struct.lastIndexOf('.') + 1)
  const listed = (names: ReadonlySet<string>): boolean =>
    names.has(field) || [...names].some((name) => name.startsWith(`${field}@`) && short.includes(name.slice(field.length + 1)))
  if (schema.type === 'array') return true
  if (schema.type === 'object' && schema.properties === undefined) return true
  if (schema.type === 'string') return !listed(pointerStrings)
  if (schema.type === 'integer' || schema.type === 'number') return listed(valueNumbers)
  if (schema.type === 'boolean') return listed(valueBooleans)
  // Object metadata inside other objects is the one struct that is left out when it is empty.
  return schema.default !== undefined && field === 'metadata'
}
