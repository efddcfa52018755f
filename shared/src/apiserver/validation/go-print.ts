import { dictionary } from '../../lang/dictionary.ts'
import type { GoField } from '../schema/go-structs.ts'
import { goFields } from '../schema/go-structs.ts'
import { definitions } from '../schema/builtin.ts'
import { fieldsOf, isFields, listOf, sortedMap, type Fields } from './values.ts'

/** Where the server's own struct has its fields in another order than the one that is published. */
const orders: Readonly<Record<string, string>> = dictionary({
  'core.v1.PersistentVolumeSource':
    'GCEPersistentDisk AWSElasticBlockStore HostPath Glusterfs NFS RBD Quobyte ISCSI FlexVolume Cinder CephFS FC Flocker AzureFile VsphereVolume AzureDisk PhotonPersistentDisk PortworxVolume ScaleIO Local StorageOS CSI',
  'core.v1.PodSpec':
    'Volumes InitContainers Containers EphemeralContainers RestartPolicy TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy NodeSelector ServiceAccountName AutomountServiceAccountToken NodeName SecurityContext ImagePullSecrets Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations HostAliases PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources HostnameOverride SchedulingGroup',
  'core.v1.PodSecurityContext':
    'SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy',
  'policy.v1.PodDisruptionBudgetSpec': 'MinAvailable Selector MaxUnavailable UnhealthyPodEvictionPolicy',
})

/** Inside the server the host's namespaces are part of the security context. */
const hostFields = ['HostNetwork', 'HostPID', 'HostIPC', 'ShareProcessNamespace', 'HostUsers']

function ordered(struct: string): readonly GoField[] {
  const properties = definitions[`io.k8s.api.${struct}`]?.properties
  // Sources of volumes are published within their spec.
  const holder = struct === 'core.v1.PersistentVolumeSource' ? 'core.v1.PersistentVolumeSpec' : struct
  const fields = goFields(holder).filter((field) => properties === undefined || field.json in properties)
  const order = orders[struct]?.split(' ')
  if (!order) return fields
  return order.flatMap((name) => fields.filter((field) => field.go === name))
}

/** A value as the server's own Go structs print it in messages: fields under Go's names, those without a value too. */
export function printGo(struct: string, value: unknown): Fields {
  const source = fieldsOf(value)
  if (struct.startsWith('meta.v1.')) return printMeta(struct, source)
  const result: Fields = {}
  for (const field of ordered(struct)) {
    // Metadata is embedded: its fields stand among the others.
    if (field.code === '#meta.v1.ObjectMeta') Object.assign(result, printMeta('meta.v1.ObjectMeta', source['metadata']))
    else if (struct === 'core.v1.PodSpec' && field.go === 'SecurityContext') result[field.go] = printSecurity(source)
    else result[field.go] = printField(field, source[field.json])
  }
  return result
}

function printSecurity(spec: Fields): unknown {
  if (!isFields(spec['securityContext'])) return null
  const fields = goFields('core.v1.PodSpec')
  const host = hostFields.flatMap((name) => fields.filter((field) => field.go === name))
  return {
    ...Object.fromEntries(host.map((field) => [field.go, printField(field, spec[field.json])])),
    ...printGo('core.v1.PodSecurityContext', spec['securityContext']),
  }
}

/** Types of the API's machinery are printed as JSON has them. */
function printMeta(struct: string, value: unknown): Fields {
  const source = fieldsOf(value)
  const result: Fields = {}
  for (const field of goFields(struct)) {
    const printed = printField(field, source[field.json])
    const empty = printed === null || printed === '' || printed === 0 || printed === false
    if (field.always || (field.pointer ? printed !== null : !empty)) result[field.json] = printed
  }
  return result
}

function printField(field: GoField, value: unknown): unknown {
  if (value === undefined || value === null) return field.pointer ? null : zero(field.code)
  return printCode(field.code, value)
}

function printCode(code: string, value: unknown): unknown {
  if (code.startsWith('[]')) {
    const items = listOf(value)
    return items.length === 0 ? null : items.map((item) => printCode(code.slice(2), item))
  }
  if (code.startsWith('{}')) {
    const entries = Object.entries(sortedMap(fieldsOf(value)))
    return entries.length === 0
      ? null
      : Object.fromEntries(entries.map(([key, item]) => [key, printCode(code.slice(2), item)]))
  }
  return code.startsWith('#') ? printGo(code.slice(1), value) : value
}

function zero(code: string): unknown {
  if (code.startsWith('#')) return printGo(code.slice(1), {})
  return { string: '', number: 0, bool: false, intOrString: 0, quantity: '0' }[code] ?? null
}

/** A pod's spec. */
export function printPodSpec(value: unknown): Fields {
  return printGo('core.v1.PodSpec', value)
}

/** A pod template. */
export function printPodTemplate(value: unknown): Fields {
  return printGo('core.v1.PodTemplateSpec', value)
}
