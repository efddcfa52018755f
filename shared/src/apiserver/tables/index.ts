import type { KubeObject } from '../../k8s/object.ts'
import type { KindStrategy } from '../strategy.ts'
import { formatSelector } from '../validation/labels.ts'
import { at } from '../validation/numbers.ts'
import { canonicalQuantity } from '../validation/quantity.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, sortedMap, textOf, type Fields } from '../validation/values.ts'
import { age, column, columns, humanDuration, orNone } from './columns.ts'
import { podTable } from './pods.ts'

type Table = NonNullable<KindStrategy['table']>
type Cells = (object: KubeObject, now: number) => readonly unknown[]

const created = (object: KubeObject, now: number): string => age(object.metadata.creationTimestamp, now)
const count = (value: unknown): number => numberOf(value) ?? 0
const specOf = (object: KubeObject): Fields => fieldsOf(object['spec'])
const statusOf = (object: KubeObject): Fields => fieldsOf(object['status'])

/** A table whose first cell is the name. */
function table(plain: readonly string[], wide: readonly string[], cells: Cells): Table {
  return { columns: columns(['Name', ...plain], wide), cells: (object, now) => [object.metadata.name, ...cells(object, now)] }
}

/** A table that shows a time as such, and lets the client tell the age. */
const createdAt: Table = {
  columns: [column('Name'), column('Created At', 'date')],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
}

function containerCells(object: KubeObject, ...path: readonly string[]): string[] {
  const containers = fieldsList(at(object['spec'], ...path, 'template', 'spec')['containers'])
  return [containers.map((item) => textOf(item['name'])).join(','), containers.map((item) => textOf(item['image'])).join(',')]
}

function keys(map: unknown): string {
  return Object.entries(sortedMap(fieldsOf(map))).map(([key, value]) => `${key}=${textOf(value)}`).join(',')
}

function servicePorts(spec: Fields): string {
  const ports = fieldsList(spec['ports']).map((port) => {
    const node = count(port['nodePort'])
    return `${count(port['port'])}${node > 0 ? `:${node}` : ''}/${textOf(port['protocol'])}`
  })
  return ports.length === 0 ? '<none>' : ports.join(',')
}

function externalAddress(object: KubeObject): string {
  const spec = specOf(object)
  const external = listOf(spec['externalIPs']).map(String)
  const ingress = fieldsList(at(object['status'], 'loadBalancer')['ingress']).map((item) => textOf(item['ip']) || textOf(item['hostname']))
  switch (spec['type']) {
    case 'ExternalName':
      return textOf(spec['externalName'])
    case 'LoadBalancer':
      return [...ingress, ...external].join(',') || '<pending>'
    default:
      return external.join(',') || '<none>'
  }
}

const modes: Readonly<Record<string, string>> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' }
const accessModes = (value: unknown): string => Object.keys(modes).filter((mode) => listOf(value).includes(mode)).map((mode) => modes[mode]).join(',')

function nodeStatus(node: KubeObject): string {
  const ready = fieldsList(statusOf(node)['conditions']).find((item) => item['type'] === 'Ready')
  const words = [ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady']
  if (specOf(node)['unschedulable'] === true) words.push('SchedulingDisabled')
  return words.join(',')
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key !== prefix) return [key.slice(prefix.length)]
    return key === 'kubernetes.io/role' && value !== '' ? [value] : []
  })
  return roles.sort().join(',') || '<none>'
}

const nodeAddress = (node: KubeObject, type: string): string => orNone(fieldsList(statusOf(node)['addresses']).find((item) => item['type'] === type)?.['address'])
const orUnknown = (value: unknown): string => (isSet(value) ? String(value) : '<unknown>')

function jobCells(job: KubeObject, now: number): string[] {
  const spec = specOf(job)
  const status = statusOf(job)
  const succeeded = count(status['succeeded'])
  const parallelism = count(spec['parallelism'])
  const completions = spec['completions'] === undefined ? (parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`) : `${succeeded}/${count(spec['completions'])}`
  const start = Date.parse(textOf(status['startTime']))
  const end = isSet(status['completionTime']) ? Date.parse(textOf(status['completionTime'])) : now
  const has = (type: string): boolean => fieldsList(status['conditions']).some((item) => item['type'] === type && item['status'] === 'True')
  const word = has('Complete') ? 'Complete' : has('Failed') ? 'Failed' : isSet(job.metadata.deletionTimestamp) ? 'Terminating' : has('Suspended') ? 'Suspended' : has('FailureTarget') ? 'FailureTarget' : has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
  return [word, completions, Number.isNaN(start) ? '' : humanDuration(end - start)]
}

function bindingSubjects(binding: KubeObject): string[] {
  const subjects = fieldsList(binding['subjects'])
  const named = (kind: string): string => subjects.filter((item) => item['kind'] === kind).map((item) => (kind === 'ServiceAccount' ? `${textOf(item['namespace'])}/${textOf(item['name'])}` : textOf(item['name']))).join(', ')
  return [named('User'), named('Group'), named('ServiceAccount')]
}

const bindingTable = table(['Role', 'Age'], ['Users', 'Groups', 'ServiceAccounts'], (object, now) => [
  `${textOf(at(object, 'roleRef')['kind'])}/${textOf(at(object, 'roleRef')['name'])}`,
  created(object, now),
  ...bindingSubjects(object),
])

function ingressPorts(spec: Fields): string {
  return fieldsList(spec['tls']).length > 0 ? '80, 443' : '80'
}

function ingressHosts(spec: Fields): string {
  const hosts = fieldsList(spec['rules']).map((rule) => textOf(rule['host'])).filter((host) => host !== '')
  if (hosts.length === 0) return '*'
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',')
}

function metricCell(metric: Fields, current: readonly Fields[], index: number): string {
  const type = textOf(metric['type'])
  const source = fieldsOf(metric[type.slice(0, 1).toLowerCase() + type.slice(1)])
  const target = fieldsOf(source['target'])
  const now = fieldsOf(fieldsOf(fieldsOf(current[index])[type.slice(0, 1).toLowerCase() + type.slice(1)])['current'])
  if (type === 'Resource') {
    const name = `${textOf(source['name'])}: `
    if (target['averageUtilization'] !== undefined) return `${name}${now['averageUtilization'] === undefined ? '<unknown>' : `${count(now['averageUtilization'])}%`}/${count(target['averageUtilization'])}%`
    return `${name}${isSet(now['averageValue']) ? textOf(now['averageValue']) : '<unknown>'}/${textOf(target['averageValue'])}`
  }
  if (isSet(target['averageValue'])) return `${isSet(now['averageValue']) ? textOf(now['averageValue']) : '<unknown>'}/${textOf(target['averageValue'])}${type === 'Pods' ? '' : ' (avg)'}`
  return `${isSet(now['value']) ? textOf(now['value']) : '<unknown>'}/${textOf(target['value'])}`
}

function metricsCell(object: KubeObject): string {
  const metrics = fieldsList(specOf(object)['metrics'])
  if (metrics.length === 0) return '<none>'
  const cells = metrics.slice(0, 2).map((metric, index) => metricCell(metric, fieldsList(statusOf(object)['currentMetrics']), index))
  return cells.join(', ') + (metrics.length > 2 ? ` + ${metrics.length - 2} more...` : '')
}

function amounts(hard: Fields, used: Fields, limits: boolean): string {
  return Object.keys(sortedMap(hard)).filter((name) => name.startsWith('limits.') === limits).map((name) => `${name}: ${String(canonicalQuantity(used[name] ?? '0'))}/${String(canonicalQuantity(hard[name]))}`).join(', ')
}

const eventObject = (event: Fields): string => `${textOf(event['kind']).toLowerCase()}/${textOf(event['name'])}`

/** What `kubectl get` shows of built-in kinds, by `plural.group`. */
export const builtinTables: Readonly<Record<string, Table>> = {
  pods: podTable,
  configmaps: table(['Data', 'Age'], [], (object, now) => [Object.keys(fieldsOf(object['data'])).length + Object.keys(fieldsOf(object['binaryData'])).length, created(object, now)]),
  secrets: table(['Type', 'Data', 'Age'], [], (object, now) => [object['type'], Object.keys(fieldsOf(object['data'])).length, created(object, now)]),
  serviceaccounts: table(['Age'], [], (object, now) => [created(object, now)]),
  namespaces: table(['Status', 'Age'], [], (object, now) => [statusOf(object)['phase'], created(object, now)]),
  services: table(['Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age'], ['Selector'], (object, now) => {
    const spec = specOf(object)
    return [spec['type'], orNone(spec['clusterIP']), externalAddress(object), servicePorts(spec), created(object, now), keys(spec['selector']) || '<none>']
  }),
  nodes: table(['Status', 'Roles', 'Age', 'Version'], ['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'], (node, now) => {
    const info = at(node, 'status', 'nodeInfo')
    return [nodeStatus(node), nodeRoles(node), created(node, now), textOf(info['kubeletVersion']), nodeAddress(node, 'InternalIP'), nodeAddress(node, 'ExternalIP'), orUnknown(info['osImage']), orUnknown(info['kernelVersion']), orUnknown(info['containerRuntimeVersion'])]
  }),
  persistentvolumeclaims: table(['Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass', 'Age'], ['VolumeMode'], (object, now) => {
    const spec = specOf(object)
    const bound = isSet(spec['volumeName'])
    const phase = isSet(object.metadata.deletionTimestamp) ? 'Terminating' : statusOf(object)['phase']
    return [phase, textOf(spec['volumeName']), bound ? textOf(at(object, 'status', 'capacity')['storage']) : '', bound ? accessModes(statusOf(object)['accessModes']) : '', textOf(spec['storageClassName']), textOf(spec['volumeAttributesClassName']) || '<unset>', created(object, now), spec['volumeMode']]
  }),
  persistentvolumes: table(['Capacity', 'Access Modes', 'Reclaim Policy', 'Status', 'Claim', 'StorageClass', 'VolumeAttributesClass', 'Reason', 'Age'], ['VolumeMode'], (object, now) => {
    const spec = specOf(object)
    const claim = spec['claimRef']
    const phase = isSet(object.metadata.deletionTimestamp) ? 'Terminating' : statusOf(object)['phase']
    return [textOf(at(spec, 'capacity')['storage']), accessModes(spec['accessModes']), spec['persistentVolumeReclaimPolicy'], phase, isFields(claim) ? `${textOf(claim['namespace'])}/${textOf(claim['name'])}` : '', textOf(spec['storageClassName']), textOf(spec['volumeAttributesClassName']) || '<unset>', textOf(statusOf(object)['reason']), created(object, now), spec['volumeMode']]
  }),
  'deployments.apps': table(['Ready', 'Up-to-date', 'Available', 'Age'], ['Containers', 'Images', 'Selector'], (object, now) => {
    const status = statusOf(object)
    return [`${count(status['readyReplicas'])}/${count(specOf(object)['replicas'])}`, count(status['updatedReplicas']), count(status['availableReplicas']), created(object, now), ...containerCells(object), formatSelector(specOf(object)['selector'])]
  }),
  'replicasets.apps': table(['Desired', 'Current', 'Ready', 'Age'], ['Containers', 'Images', 'Selector'], (object, now) => [count(specOf(object)['replicas']), count(statusOf(object)['replicas']), count(statusOf(object)['readyReplicas']), created(object, now), ...containerCells(object), formatSelector(specOf(object)['selector'])]),
  replicationcontrollers: table(['Desired', 'Current', 'Ready', 'Age'], ['Containers', 'Images', 'Selector'], (object, now) => [count(specOf(object)['replicas']), count(statusOf(object)['replicas']), count(statusOf(object)['readyReplicas']), created(object, now), ...containerCells(object), keys(specOf(object)['selector']) || '<none>']),
  'statefulsets.apps': table(['Ready', 'Age'], ['Containers', 'Images'], (object, now) => [`${count(statusOf(object)['readyReplicas'])}/${count(specOf(object)['replicas'])}`, created(object, now), ...containerCells(object)]),
  'daemonsets.apps': table(['Desired', 'Current', 'Ready', 'Up-to-date', 'Available', 'Node Selector', 'Age'], ['Containers', 'Images', 'Selector'], (object, now) => {
    const status = statusOf(object)
    const selector = keys(at(object, 'spec', 'template', 'spec')['nodeSelector']) || '<none>'
    return [...['desiredNumberScheduled', 'currentNumberScheduled', 'numberReady', 'updatedNumberScheduled', 'numberAvailable'].map((name) => count(status[name])), selector, created(object, now), ...containerCells(object), formatSelector(specOf(object)['selector'])]
  }),
  'jobs.batch': table(['Status', 'Completions', 'Duration', 'Age'], ['Containers', 'Images', 'Selector'], (object, now) => [...jobCells(object, now), created(object, now), ...containerCells(object), formatSelector(specOf(object)['selector'])]),
  'cronjobs.batch': table(['Schedule', 'Timezone', 'Suspend', 'Active', 'Last Schedule', 'Age'], ['Containers', 'Images', 'Selector'], (object, now) => {
    const spec = specOf(object)
    const last = statusOf(object)['lastScheduleTime']
    return [spec['schedule'], orNone(spec['timeZone']), spec['suspend'] === true ? 'True' : 'False', listOf(statusOf(object)['active']).length, isSet(last) ? age(last, now) : '<none>', created(object, now), ...containerCells(object, 'jobTemplate', 'spec'), formatSelector(at(spec, 'jobTemplate', 'spec')['selector'])]
  }),
  'ingresses.networking.k8s.io': table(['Class', 'Hosts', 'Address', 'Ports', 'Age'], [], (object, now) => {
    const spec = specOf(object)
    const addresses = fieldsList(at(object, 'status', 'loadBalancer')['ingress']).map((item) => textOf(item['ip']) || textOf(item['hostname']))
    return [orNone(spec['ingressClassName'] ?? object.metadata.annotations?.['kubernetes.io/ingress.class']), ingressHosts(spec), addresses.join(','), ingressPorts(spec), created(object, now)]
  }),
  'ingressclasses.networking.k8s.io': table(['Controller', 'Parameters', 'Age'], [], (object, now) => {
    const parameters = specOf(object)['parameters']
    const { apiGroup, kind, name } = fieldsOf(parameters)
    return [textOf(specOf(object)['controller']), isFields(parameters) ? `${textOf(kind)}${isSet(apiGroup) ? `.${textOf(apiGroup)}` : ''}/${textOf(name)}` : '<none>', created(object, now)]
  }),
  'networkpolicies.networking.k8s.io': table(['Pod-Selector', 'Age'], [], (object, now) => [formatSelector(specOf(object)['podSelector']), created(object, now)]),
  'poddisruptionbudgets.policy': table(['Min Available', 'Max Unavailable', 'Allowed Disruptions', 'Age'], [], (object, now) => [isSet(specOf(object)['minAvailable']) ? String(specOf(object)['minAvailable']) : 'N/A', isSet(specOf(object)['maxUnavailable']) ? String(specOf(object)['maxUnavailable']) : 'N/A', count(statusOf(object)['disruptionsAllowed']), created(object, now)]),
  'horizontalpodautoscalers.autoscaling': table(['Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age'], [], (object, now) => {
    const reference = at(object, 'spec', 'scaleTargetRef')
    return [`${textOf(reference['kind'])}/${textOf(reference['name'])}`, metricsCell(object), orUnset(specOf(object)['minReplicas']), count(specOf(object)['maxReplicas']), count(statusOf(object)['currentReplicas']), created(object, now)]
  }),
  'roles.rbac.authorization.k8s.io': createdAt,
  'clusterroles.rbac.authorization.k8s.io': createdAt,
  'customresourcedefinitions.apiextensions.k8s.io': createdAt,
  'rolebindings.rbac.authorization.k8s.io': bindingTable,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingTable,
  'storageclasses.storage.k8s.io': {
    columns: columns(['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age']),
    cells: (object, now) => [storageName(object), object['provisioner'], object['reclaimPolicy'], object['volumeBindingMode'], object['allowVolumeExpansion'] === true, created(object, now)],
  },
  'leases.coordination.k8s.io': table(['Holder', 'Age'], [], (object, now) => [textOf(specOf(object)['holderIdentity']), created(object, now)]),
  'priorityclasses.scheduling.k8s.io': table(['Value', 'Global-Default', 'Age', 'PreemptionPolicy'], [], (object, now) => [count(object['value']), object['globalDefault'] === true, created(object, now), textOf(object['preemptionPolicy'])]),
  endpoints: table(['Endpoints', 'Age'], [], (object, now) => [endpointsCell(object), created(object, now)]),
  'endpointslices.discovery.k8s.io': table(['AddressType', 'Ports', 'Endpoints', 'Age'], [], (object, now) => {
    const ports = fieldsList(object['ports']).map((port) => (port['port'] === undefined ? '*' : String(count(port['port']))))
    const addresses = fieldsList(object['endpoints']).flatMap((endpoint) => listOf(endpoint['addresses']).map(String))
    return [object['addressType'], firstThree(ports, '<unset>'), firstThree(addresses, '<unset>'), created(object, now)]
  }),
  resourcequotas: table(['Request', 'Limit', 'Age'], [], (object, now) => {
    const hard = at(object, 'status', 'hard')
    const used = at(object, 'status', 'used')
    return [amounts(hard, used, false), amounts(hard, used, true), created(object, now)]
  }),
  limitranges: { columns: [column('Name'), column('Created At', 'date')], cells: createdAt.cells },
  events: {
    columns: columns(['Last Seen', 'Type', 'Reason', 'Object', 'Message'], []).concat(['Subobject', 'Source', 'First Seen', 'Count', 'Name'].map((name) => column(name, 'string', true))),
    cells(event, now) {
      const involved = at(event, 'involvedObject')
      const first = isSet(event['firstTimestamp']) ? event['firstTimestamp'] : event['eventTime']
      const last = isSet(event['lastTimestamp']) ? event['lastTimestamp'] : first
      const source = at(event, 'source')
      const from = [textOf(source['component']) || textOf(event['reportingComponent']), textOf(source['host'])].filter((part) => part !== '').join(', ')
      return [age(last, now), event['type'] ?? '', event['reason'] ?? '', eventObject(involved), textOf(event['message']).trim(), textOf(involved['fieldPath']), from, age(first, now), count(event['count']) || 1, event.metadata.name]
    },
  },
  'controllerrevisions.apps': table(['Controller', 'Revision', 'Age'], [], (object, now) => {
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true)
    const [group = ''] = (owner?.apiVersion ?? '').split('/').slice(0, -1)
    return [owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`, count(object['revision']), created(object, now)]
  }),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': table(['Webhooks', 'Age'], [], (object, now) => [listOf(object['webhooks']).length, created(object, now)]),
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': table(['Webhooks', 'Age'], [], (object, now) => [listOf(object['webhooks']).length, created(object, now)]),
}

function orUnset(value: unknown): string {
  return value === undefined ? '<unset>' : String(value)
}

function firstThree(items: readonly string[], none: string): string {
  if (items.length === 0) return none
  return items.length > 3 ? `${items.slice(0, 3).join(',')} + ${items.length - 3} more...` : items.join(',')
}

function endpointsCell(object: KubeObject): string {
  const pairs = fieldsList(object['subsets']).flatMap((subset) => {
    const ports = fieldsList(subset['ports'])
    return ports.length === 0
      ? fieldsList(subset['addresses']).map((address) => textOf(address['ip']))
      : ports.flatMap((port) => fieldsList(subset['addresses']).map((address) => `${textOf(address['ip'])}:${count(port['port'])}`))
  })
  return firstThree(pairs, '<none>')
}

function storageName(object: KubeObject): string {
  const marked = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
  return `${object.metadata.name ?? ''}${marked ? ' (default)' : ''}`
}
