import { canonicalQuantity, canonicalResource } from '../validation/quantity.ts'
import {
  childOf,
  fieldsList,
  fieldsOf,
  isFields,
  isSet,
  setDefault,
  textOf,
  type Fields,
} from '../validation/values.ts'

/** Fills what Kubernetes fills in a pod template: its metadata and the pod's spec. */
export function defaultPodTemplate(template: Fields): void {
  if (!isFields(template['metadata'])) template['metadata'] = {}
  defaultPodSpec(childOf(template, 'spec'))
}

/** Fills the versioned defaults of a pod's spec. */
export function defaultPodSpec(spec: Fields): void {
  setDefault(spec, 'restartPolicy', 'Always')
  setDefault(spec, 'terminationGracePeriodSeconds', 30)
  setDefault(spec, 'dnsPolicy', 'ClusterFirst')
  setDefault(spec, 'securityContext', {})
  setDefault(spec, 'schedulerName', 'default-scheduler')
  // The old and the new name of one field are kept equal.
  if (isSet(spec['serviceAccountName'])) spec['serviceAccount'] = spec['serviceAccountName']
  else if (isSet(spec['serviceAccount'])) spec['serviceAccountName'] = spec['serviceAccount']
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of fieldsList(spec[list])) defaultContainer(container)
  }
  for (const volume of fieldsList(spec['volumes'])) defaultVolume(volume)
  canonicalResources(spec['overhead'])
}

/** On the host's network a container's port is the host's port; templates do not say so yet. */
function defaultHostPorts(spec: Fields): void {
  for (const list of ['initContainers', 'containers']) {
    for (const container of fieldsList(spec[list])) {
      for (const port of fieldsList(container['ports'])) setDefault(port, 'hostPort', port['containerPort'])
    }
  }
}

function defaultContainer(container: Fields): void {
  setDefault(container, 'resources', {})
  setDefault(container, 'terminationMessagePath', '/dev/termination-log')
  setDefault(container, 'terminationMessagePolicy', 'File')
  if (isSet(container['image'])) {
    setDefault(container, 'imagePullPolicy', defaultPullPolicy(textOf(container['image'])))
  } else setDefault(container, 'imagePullPolicy', 'IfNotPresent')
  for (const port of fieldsList(container['ports'])) setDefault(port, 'protocol', 'TCP')
  for (const variable of fieldsList(container['env'])) defaultSource(fieldsOf(variable['valueFrom']))
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isFields(container[probe])) defaultProbe(container[probe])
  }
  const lifecycle = fieldsOf(container['lifecycle'])
  for (const hook of ['postStart', 'preStop']) defaultHttp(fieldsOf(lifecycle[hook]))
  const resources = fieldsOf(container['resources'])
  canonicalResources(resources['limits'])
  canonicalResources(resources['requests'])
}

const namePart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const imageName = new RegExp(`^${namePart}(?:/${namePart})*$`)
const registry =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?$/

/** `Always` for `latest` and for no tag at all; not for what is no image. */
function defaultPullPolicy(image: string): string {
  if (image.includes('@') || /^[a-f0-9]{64}$/.test(image)) return 'IfNotPresent'
  const slash = image.indexOf('/')
  const first = slash < 0 ? '' : image.slice(0, slash)
  const hosted = /[.:A-Z]/.test(first) || first === 'localhost'
  if (hosted && !registry.test(first)) return 'IfNotPresent'
  const [, name = '', tag] = /^([^:]*)(?::([\w][\w.-]{0,127}))?$/.exec(hosted ? image.slice(slash + 1) : image) ?? []
  return imageName.test(name) && (tag === undefined || tag === 'latest') ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: Fields): void {
  setDefault(probe, 'timeoutSeconds', 1)
  setDefault(probe, 'periodSeconds', 10)
  setDefault(probe, 'successThreshold', 1)
  setDefault(probe, 'failureThreshold', 3)
  for (const count of ['timeoutSeconds', 'periodSeconds', 'successThreshold'])
    if (probe[count] === 0) {
      probe[count] = count === 'periodSeconds' ? 10 : 1
    }
  if (probe['failureThreshold'] === 0) probe['failureThreshold'] = 3
  defaultHttp(probe)
  if (isFields(probe['grpc']) && probe['grpc']['service'] === undefined) probe['grpc']['service'] = ''
}

function defaultHttp(handler: Fields): void {
  if (!isFields(handler['httpGet'])) return
  setDefault(handler['httpGet'], 'path', '/')
  setDefault(handler['httpGet'], 'scheme', 'HTTP')
}

function defaultSource(source: Fields): void {
  if (isFields(source['fieldRef'])) setDefault(source['fieldRef'], 'apiVersion', 'v1')
  if (isFields(source['resourceFieldRef'])) {
    setDefault(source['resourceFieldRef'], 'divisor', '0')
    source['resourceFieldRef']['divisor'] = canonicalQuantity(source['resourceFieldRef']['divisor'])
  }
}

const fileMode = 0o644

function defaultVolume(volume: Fields): void {
  // A volume without any source is an empty directory.
  if (Object.keys(volume).every((key) => key === 'name' || !isFields(volume[key]))) volume['emptyDir'] = {}
  for (const kind of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    if (isFields(volume[kind])) setDefault(volume[kind], 'defaultMode', fileMode)
  }
  for (const item of fieldsList(fieldsOf(volume['downwardAPI'])['items'])) defaultSource(item)
  for (const source of fieldsList(fieldsOf(volume['projected'])['sources'])) {
    if (isFields(source['serviceAccountToken'])) setDefault(source['serviceAccountToken'], 'expirationSeconds', 3600)
    for (const item of fieldsList(fieldsOf(source['downwardAPI'])['items'])) defaultSource(item)
  }
  if (isFields(volume['hostPath'])) volume['hostPath']['type'] ??= ''
  if (isFields(volume['iscsi'])) setDefault(volume['iscsi'], 'iscsiInterface', 'default')
  if (isFields(volume['emptyDir'])) {
    const empty = volume['emptyDir']
    if (empty['sizeLimit'] !== undefined) empty['sizeLimit'] = canonicalQuantity(empty['sizeLimit'])
  }
  if (isFields(volume['rbd'])) {
    setDefault(volume['rbd'], 'pool', 'rbd')
    setDefault(volume['rbd'], 'user', 'admin')
    setDefault(volume['rbd'], 'keyring', '/etc/ceph/keyring')
  }
  if (isFields(volume['azureDisk'])) {
    setDefault(volume['azureDisk'], 'cachingMode', 'ReadWrite')
    setDefault(volume['azureDisk'], 'fsType', 'ext4')
    volume['azureDisk']['readOnly'] ??= false
    setDefault(volume['azureDisk'], 'kind', 'Shared')
  }
  if (isFields(volume['scaleIO'])) {
    setDefault(volume['scaleIO'], 'storageMode', 'ThinProvisioned')
    setDefault(volume['scaleIO'], 'fsType', 'xfs')
  }
  const template = fieldsOf(volume['ephemeral'])['volumeClaimTemplate']
  if (isFields(template)) {
    if (!isFields(template['metadata'])) template['metadata'] = {}
    defaultClaimSpec(childOf(template, 'spec'))
  }
}

/** Fills a claim's spec: volumes are file systems unless said otherwise. */
export function defaultClaimSpec(spec: Fields): void {
  spec['volumeMode'] ??= 'Filesystem'
  setDefault(spec, 'resources', {})
  const resources = fieldsOf(spec['resources'])
  canonicalResources(resources['requests'])
  canonicalResources(resources['limits'])
}

/** Writes quantities of a resource list the one way Kubernetes writes them. */
export function canonicalResources(list: unknown): void {
  if (!isFields(list)) return
  for (const [name, quantity] of Object.entries(list)) list[name] = canonicalResource(quantity)
}

/** What a Pod itself has beyond a template: limits are requests unless said otherwise. */
export function defaultPod(pod: Fields): void {
  const spec = childOf(pod, 'spec')
  defaultPodSpec(spec)
  setDefault(spec, 'enableServiceLinks', true)
  if (spec['hostNetwork'] === true) defaultHostPorts(spec)
  for (const list of ['initContainers', 'containers']) {
    for (const container of fieldsList(spec[list])) defaultRequests(fieldsOf(container['resources']))
  }
}

function defaultRequests(resources: Fields): void {
  const limits = fieldsOf(resources['limits'])
  if (Object.keys(limits).length === 0) return
  const requests = childOf(resources, 'requests')
  for (const [name, quantity] of Object.entries(limits)) requests[name] ??= quantity
}
