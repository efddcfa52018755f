import { fieldsList, fieldsOf, isFields, isSet, sortedMap, type Fields } from '../validation/values.ts'

/** A zero value by what a Go field holds: a pointer, list or map (`null`), text, number or flag; or how to print its content. */
type Slot = null | '' | 0 | false | ((value: unknown) => unknown)
type Shape = Readonly<Record<string, Slot>>

function print(shape: Shape, value: unknown): Fields {
  const source = fieldsOf(value)
  return Object.fromEntries(
    Object.entries(shape).map(([name, slot]) => {
      const given = source[jsonName(name)]
      if (typeof slot === 'function') return [name, slot(given)]
      return [name, isSet(given) || given === false || given === 0 ? capitalize(given) : slot]
    }),
  )
}

const exceptions: Readonly<Record<string, string>> = {
  DNSPolicy: 'dnsPolicy',
  DNSConfig: 'dnsConfig',
  OS: 'os',
  TTY: 'tty',
  TerminationMessagePath: 'terminationMessagePath',
  SELinuxOptions: 'seLinuxOptions',
  FSGroup: 'fsGroup',
  FSGroupChangePolicy: 'fsGroupChangePolicy',
  SELinuxChangePolicy: 'seLinuxChangePolicy',
  SetHostnameAsFQDN: 'setHostnameAsFQDN',
  HostPID: 'hostPID',
  HostIPC: 'hostIPC',
  HostIP: 'hostIP',
}

function jsonName(goName: string): string {
  return exceptions[goName] ?? goName.slice(0, 1).toLowerCase() + goName.slice(1)
}

/** Structs without a shape of their own show what they have under Go's names. */
function capitalize(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalize)
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.slice(0, 1).toUpperCase() + key.slice(1), capitalize(item)]),
  )
}

const list =
  (shape: Shape): Slot =>
  (value) =>
    isSet(value) ? fieldsList(value).map((item) => print(shape, item)) : null
const map: Slot = (value) =>
  isSet(value) && Object.keys(fieldsOf(value)).length > 0 ? sortedMap(fieldsOf(value)) : null

const port: Shape = { Name: '', HostPort: 0, ContainerPort: 0, Protocol: '', HostIP: '' }
const variable: Shape = { Name: '', Value: '', ValueFrom: null }
const mount: Shape = {
  Name: '',
  ReadOnly: false,
  RecursiveReadOnly: null,
  MountPath: '',
  SubPath: '',
  MountPropagation: null,
  SubPathExpr: '',
}
const toleration: Shape = { Key: '', Operator: '', Value: '', Effect: '', TolerationSeconds: null }
const resources: Shape = { Limits: map, Requests: map, Claims: null }
const containerShape: Shape = {
  Name: '',
  Image: '',
  Command: null,
  Args: null,
  WorkingDir: '',
  Ports: list(port),
  EnvFrom: null,
  Env: list(variable),
  Resources: (value) => print(resources, value),
  ResizePolicy: null,
  RestartPolicy: null,
  RestartPolicyRules: null,
  VolumeMounts: list(mount),
  VolumeDevices: null,
  LivenessProbe: null,
  ReadinessProbe: null,
  StartupProbe: null,
  Lifecycle: null,
  TerminationMessagePath: '',
  TerminationMessagePolicy: '',
  ImagePullPolicy: '',
  SecurityContext: null,
  Stdin: false,
  StdinOnce: false,
  TTY: false,
}
const security: Shape = {
  HostNetwork: false,
  HostPID: false,
  HostIPC: false,
  ShareProcessNamespace: null,
  HostUsers: null,
  SELinuxOptions: null,
  WindowsOptions: null,
  RunAsUser: null,
  RunAsGroup: null,
  RunAsNonRoot: null,
  SupplementalGroups: null,
  SupplementalGroupsPolicy: null,
  FSGroup: null,
  FSGroupChangePolicy: null,
  Sysctls: null,
  SeccompProfile: null,
  AppArmorProfile: null,
  SELinuxChangePolicy: null,
}
const specShape: Shape = {
  Volumes: null,
  InitContainers: list(containerShape),
  Containers: list(containerShape),
  EphemeralContainers: list({ ...containerShape, TargetContainerName: '' }),
  RestartPolicy: '',
  TerminationGracePeriodSeconds: null,
  ActiveDeadlineSeconds: null,
  DNSPolicy: '',
  NodeSelector: map,
  ServiceAccountName: '',
  AutomountServiceAccountToken: null,
  NodeName: '',
  SecurityContext: null,
  ImagePullSecrets: null,
  Hostname: '',
  Subdomain: '',
  SetHostnameAsFQDN: null,
  Affinity: null,
  SchedulerName: '',
  Tolerations: list(toleration),
  HostAliases: null,
  PriorityClassName: '',
  Priority: null,
  PreemptionPolicy: null,
  DNSConfig: null,
  ReadinessGates: null,
  RuntimeClassName: null,
  Overhead: map,
  EnableServiceLinks: null,
  TopologySpreadConstraints: null,
  OS: null,
  SchedulingGates: null,
  ResourceClaims: null,
  Resources: null,
  HostnameOverride: null,
  SchedulingGroup: null,
}

/** A pod's spec as the server's own Go structs print it, which messages quote. */
export function printPodSpec(value: unknown): Fields {
  const spec = fieldsOf(value)
  const printed = print(specShape, spec)
  // Inside the server the host's namespaces are part of the security context.
  const host = {
    hostNetwork: spec['hostNetwork'],
    hostPID: spec['hostPID'],
    hostIPC: spec['hostIPC'],
    shareProcessNamespace: spec['shareProcessNamespace'],
    hostUsers: spec['hostUsers'],
  }
  printed['SecurityContext'] = isFields(spec['securityContext'])
    ? print(security, { ...spec['securityContext'], ...host })
    : null
  return printed
}

/** A pod template likewise. */
export function printPodTemplate(value: unknown): Fields {
  const { metadata, spec } = fieldsOf(value)
  const { labels, annotations } = fieldsOf(metadata)
  return {
    ...(isSet(labels) ? { labels: sortedMap(fieldsOf(labels)) } : {}),
    ...(isSet(annotations) ? { annotations: sortedMap(fieldsOf(annotations)) } : {}),
    Spec: printPodSpec(spec),
  }
}
