import { fieldsList, fieldsOf, listOf, numberOf, textOf, type Fields } from '../../validation/values.ts'
import {
  containersOf,
  containersWith,
  hasOwnUsers,
  joinQuoted,
  namedContainers,
  plural,
  securityOf,
  setters,
  sortedSet,
  type Check,
  type CheckPod,
} from './check.ts'
import { seccompBaseline, seccompBaselineOfOld } from './seccomp.ts'

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
const isProfile = (type: unknown): boolean => type === 'RuntimeDefault' || type === 'Localhost'

const appArmor: CheckPod = ({ annotations, spec }) => {
  const bad = (of: Fields): boolean => {
    const profile = securityOf(of)['appArmorProfile']
    return profile !== undefined && !isProfile(fieldsOf(profile)['type'])
  }
  const who = setters(
    bad(spec),
    containersWith(spec, (container) => bad(container)),
  )
  const types = sortedSet(
    [spec, ...containersOf(spec)].filter(bad).map((of) => textOf(fieldsOf(securityOf(of)['appArmorProfile'])['type'])),
  )
  const notes = Object.entries(annotations)
    .filter(([key]) => key.startsWith(appArmorPrefix))
    .filter(([, value]) => value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  if (notes.length > 0) who.push(plural('annotation', 'annotations', notes.length))
  if (who.length === 0) return undefined
  const values = [...types, ...notes]
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${joinQuoted(values)}`,
  }
}

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)

const addedBeyond = (container: Fields): string[] =>
  listOf(fieldsOf(securityOf(container)['capabilities'])['add'])
    .map(textOf)
    .filter((name) => !defaultCapabilities.has(name))

const capabilities: CheckPod = ({ spec }) => {
  const names = containersWith(spec, (container) => addedBeyond(container).length > 0)
  if (names.length === 0) return undefined
  const added = sortedSet(containersOf(spec).flatMap(addedBeyond))
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(names)} must not include ${joinQuoted(added)} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: CheckPod = ({ spec }) => {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true)
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') }
}

const hostPaths: CheckPod = ({ spec }) => {
  const names = fieldsList(spec['volumes'])
    .filter((volume) => volume['hostPath'] !== undefined)
    .map((volume) => textOf(volume['name']))
  if (names.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${joinQuoted(names)}` }
}

const hostPortsOf = (container: Fields): number[] =>
  fieldsList(container['ports']).flatMap((port) => numberOf(port['hostPort']) || [])

const hostPorts: CheckPod = ({ spec }) => {
  const names = containersWith(spec, (container) => hostPortsOf(container).length > 0)
  if (names.length === 0) return undefined
  const ports = sortedSet(containersOf(spec).flatMap(hostPortsOf).map(String))
  return {
    reason: 'hostPort',
    detail: `${namedContainers(names)} ${plural('uses', 'use', names.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  }
}

function probeHosts(container: Fields): string[] {
  const lifecycle = fieldsOf(container['lifecycle'])
  const handlers = [
    container['livenessProbe'],
    container['readinessProbe'],
    container['startupProbe'],
    lifecycle['postStart'],
    lifecycle['preStop'],
  ]
  return handlers
    .map(fieldsOf)
    .flatMap((handler) =>
      ['httpGet', 'tcpSocket'].map((kind) => textOf(fieldsOf(handler[kind])['host'])).filter((host) => host !== ''),
    )
}

const hostProbes: CheckPod = ({ spec }) => {
  const names = sortedSet(containersWith(spec, (container) => probeHosts(container).length > 0))
  if (names.length === 0) return undefined
  const hosts = sortedSet(containersOf(spec).flatMap(probeHosts))
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length)
  return {
    reason: 'probe or lifecycle host',
    detail: `${namedContainers(names)} ${plural('uses', 'use', names.length)} ${what} ${joinQuoted(hosts)}`,
  }
}

const privileged: CheckPod = ({ spec }) => {
  const names = containersWith(spec, (container) => securityOf(container)['privileged'] === true)
  if (names.length === 0) return undefined
  return { reason: 'privileged', detail: `${namedContainers(names)} must not set securityContext.privileged=true` }
}

const procMountOf = (container: Fields): string => textOf(securityOf(container)['procMount'])
const isOddMount = (container: Fields): boolean => !['', 'Default'].includes(procMountOf(container))

/** `/proc` must be masked. */
export const procMount: CheckPod = ({ spec }) => {
  const names = containersWith(spec, isOddMount)
  if (names.length === 0) return undefined
  const types = sortedSet(containersOf(spec).filter(isOddMount).map(procMountOf))
  return {
    reason: 'procMount',
    detail: `${namedContainers(names)} must not set securityContext.procMount to ${joinQuoted(types)}`,
  }
}

const seLinux =
  (allowed: readonly string[]): CheckPod =>
  ({ spec }) => {
    const optionsOf = (of: Fields): Fields => fieldsOf(securityOf(of)['seLinuxOptions'])
    const says = (name: string) => (of: Fields) => textOf(optionsOf(of)[name]) !== ''
    const oddType = (of: Fields): boolean => !['', ...allowed].includes(textOf(optionsOf(of)['type']))
    const bad = (of: Fields): boolean => oddType(of) || says('user')(of) || says('role')(of)
    const who = setters(bad(spec), containersWith(spec, bad))
    if (who.length === 0) return undefined
    const all = [spec, ...containersOf(spec)]
    const types = sortedSet(all.filter(oddType).map((of) => textOf(optionsOf(of)['type'])))
    const what = [
      ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${joinQuoted(types)}`] : []),
      ...(all.some(says('user')) ? ['user may not be set'] : []),
      ...(all.some(says('role')) ? ['role may not be set'] : []),
    ]
    return {
      reason: 'seLinuxOptions',
      detail: `${who.join(' and ')} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
    }
  }

const sysctlSteps: readonly (readonly [number, readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
]

const sysctls =
  (since: number): CheckPod =>
  ({ spec }) => {
    const allowed = sysctlSteps.flatMap(([version, names]) => (version <= since ? names : []))
    const names = fieldsList(securityOf(spec)['sysctls'])
      .map((item) => textOf(item['name']))
      .filter((name) => !allowed.includes(name))
    return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') }
  }

const hostProcess: CheckPod = ({ spec }) => {
  const bad = (of: Fields): boolean => fieldsOf(securityOf(of)['windowsOptions'])['hostProcess'] === true
  const who = setters(bad(spec), containersWith(spec, bad))
  if (who.length === 0) return undefined
  return {
    reason: 'hostProcess',
    detail: `${who.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`,
  }
}

const always = (id: string, check: CheckPod): Check => ({ id, level: 'baseline', versions: [{ since: 0, check }] })

const seLinuxTypes = ['container_t', 'container_init_t', 'container_kvm_t']

/** What no pod may do but a privileged one. */
export const baselineChecks: readonly Check[] = [
  always('appArmorProfile', appArmor),
  always('capabilities_baseline', capabilities),
  always('hostNamespaces', hostNamespaces),
  always('hostPathVolumes', hostPaths),
  always('hostPorts', hostPorts),
  { id: 'hostProbesAndHostLifecycle', level: 'baseline', versions: [{ since: 34, check: hostProbes }] },
  always('privileged', privileged),
  {
    id: 'procMount',
    level: 'baseline',
    versions: [
      { since: 0, check: procMount },
      { since: 35, check: (pod) => (hasOwnUsers(pod.spec) ? undefined : procMount(pod)) },
    ],
  },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    versions: [
      { since: 0, check: seLinux(seLinuxTypes) },
      { since: 31, check: seLinux([...seLinuxTypes, 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    versions: [
      { since: 0, check: seccompBaselineOfOld },
      { since: 19, check: seccompBaseline },
    ],
  },
  {
    id: 'sysctls',
    level: 'baseline',
    versions: sysctlSteps.map(([since]) => ({ since, check: sysctls(since) })),
  },
  always('windowsHostProcess', hostProcess),
]
