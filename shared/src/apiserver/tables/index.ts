import { dictionary } from '../../lang/dictionary.ts'
import { formatSelector } from '../validation/labels.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, textOf } from '../validation/values.ts'
import { age, columns, orNone } from './columns.ts'
import { otherTables } from './more.ts'
import { podTable } from './pods.ts'
import {
  type Table,
  created,
  count,
  specOf,
  statusOf,
  table,
  createdAt,
  containerCells,
  keys,
  servicePorts,
  externalAddress,
  accessModes,
  nodeStatus,
  nodeRoles,
  nodeAddress,
  orUnknown,
  jobCells,
  bindingTable,
  ingressPorts,
  ingressHosts,
  metricsCell,
  amounts,
  eventObject,
  orUnset,
  firstThree,
  endpointsCell,
  storageName,
} from './cells.ts'

const eventTable: Table = {
  columns: [
    ...columns(['Last Seen', 'Type', 'Reason', 'Object'], ['Subobject', 'Source']),
    ...columns(['Message'], ['First Seen', 'Count', 'Name']),
  ],
  cells(event, now) {
    const involved = at(event, 'involvedObject')
    const first = isSet(event['firstTimestamp']) ? event['firstTimestamp'] : event['eventTime']
    const series = event['series']
    const seen = isSet(event['lastTimestamp']) ? event['lastTimestamp'] : first
    const last = isFields(series) ? series['lastObservedTime'] : seen
    const source = at(event, 'source')
    const from = [
      textOf(source['component']) || textOf(event['reportingComponent']),
      textOf(source['host']) || textOf(event['reportingInstance']),
    ]
      .filter((part) => part !== '')
      .join(', ')
    return [
      age(last, now),
      event['type'] ?? '',
      event['reason'] ?? '',
      eventObject(involved),
      textOf(involved['fieldPath']),
      from,
      textOf(event['message']).trim(),
      age(first, now),
      isFields(series) ? count(series['count']) : count(event['count']) || 1,
      event.metadata.name,
    ]
  },
}

/** What `kubectl get` shows of built-in kinds, by `plural.group`. */
export const builtinTables: Readonly<Record<string, Table>> = dictionary({
  ...otherTables,
  pods: podTable,
  configmaps: table(['Data', 'Age'], [], (object, now) => [
    Object.keys(fieldsOf(object['data'])).length + Object.keys(fieldsOf(object['binaryData'])).length,
    created(object, now),
  ]),
  secrets: table(['Type', 'Data', 'Age'], [], (object, now) => [
    object['type'],
    Object.keys(fieldsOf(object['data'])).length,
    created(object, now),
  ]),
  serviceaccounts: table(['Age'], [], (object, now) => [created(object, now)]),
  namespaces: table(['Status', 'Age'], [], (object, now) => [statusOf(object)['phase'], created(object, now)]),
  services: table(['Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age'], ['Selector'], (object, now) => {
    const spec = specOf(object)
    return [
      spec['type'],
      orNone(spec['clusterIP']),
      externalAddress(object),
      servicePorts(spec),
      created(object, now),
      keys(spec['selector']) || '<none>',
    ]
  }),
  nodes: table(
    ['Status', 'Roles', 'Age', 'Version'],
    ['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'],
    (node, now) => {
      const info = at(node, 'status', 'nodeInfo')
      return [
        nodeStatus(node),
        nodeRoles(node),
        created(node, now),
        textOf(info['kubeletVersion']),
        nodeAddress(node, 'InternalIP'),
        nodeAddress(node, 'ExternalIP'),
        orUnknown(info['osImage']),
        orUnknown(info['kernelVersion']),
        orUnknown(info['containerRuntimeVersion']),
      ]
    },
  ),
  persistentvolumeclaims: table(
    ['Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass', 'Age'],
    ['VolumeMode'],
    (object, now) => {
      const spec = specOf(object)
      const bound = isSet(spec['volumeName'])
      const phase = isSet(object.metadata.deletionTimestamp) ? 'Terminating' : statusOf(object)['phase']
      return [
        phase,
        textOf(spec['volumeName']),
        bound ? textOf(at(object, 'status', 'capacity')['storage']) : '',
        bound ? accessModes(statusOf(object)['accessModes']) : '',
        textOf(spec['storageClassName']),
        textOf(spec['volumeAttributesClassName']) || '<unset>',
        created(object, now),
        spec['volumeMode'],
      ]
    },
  ),
  persistentvolumes: table(
    [
      'Capacity',
      'Access Modes',
      'Reclaim Policy',
      'Status',
      'Claim',
      'StorageClass',
      'VolumeAttributesClass',
      'Reason',
      'Age',
    ],
    ['VolumeMode'],
    (object, now) => {
      const spec = specOf(object)
      const claim = spec['claimRef']
      const phase = isSet(object.metadata.deletionTimestamp) ? 'Terminating' : statusOf(object)['phase']
      return [
        textOf(at(spec, 'capacity')['storage']),
        accessModes(spec['accessModes']),
        spec['persistentVolumeReclaimPolicy'],
        phase,
        isFields(claim) ? `${textOf(claim['namespace'])}/${textOf(claim['name'])}` : '',
        textOf(spec['storageClassName']),
        textOf(spec['volumeAttributesClassName']) || '<unset>',
        textOf(statusOf(object)['reason']),
        created(object, now),
        spec['volumeMode'],
      ]
    },
  ),
  'deployments.apps': table(
    ['Ready', 'Up-to-date', 'Available', 'Age'],
    ['Containers', 'Images', 'Selector'],
    (object, now) => {
      const status = statusOf(object)
      return [
        `${count(status['readyReplicas'])}/${count(specOf(object)['replicas'])}`,
        count(status['updatedReplicas']),
        count(status['availableReplicas']),
        created(object, now),
        ...containerCells(object),
        formatSelector(specOf(object)['selector']),
      ]
    },
  ),
  'replicasets.apps': table(
    ['Desired:integer', 'Current:integer', 'Ready:integer', 'Age'],
    ['Containers', 'Images', 'Selector'],
    (object, now) => [
      count(specOf(object)['replicas']),
      count(statusOf(object)['replicas']),
      count(statusOf(object)['readyReplicas']),
      created(object, now),
      ...containerCells(object),
      formatSelector(specOf(object)['selector']),
    ],
  ),
  replicationcontrollers: table(
    ['Desired:integer', 'Current:integer', 'Ready:integer', 'Age'],
    ['Containers', 'Images', 'Selector'],
    (object, now) => [
      count(specOf(object)['replicas']),
      count(statusOf(object)['replicas']),
      count(statusOf(object)['readyReplicas']),
      created(object, now),
      ...containerCells(object),
      keys(specOf(object)['selector']) || '<none>',
    ],
  ),
  'statefulsets.apps': table(['Ready', 'Age'], ['Containers', 'Images'], (object, now) => [
    `${count(statusOf(object)['readyReplicas'])}/${count(specOf(object)['replicas'])}`,
    created(object, now),
    ...containerCells(object),
  ]),
  'daemonsets.apps': table(
    [
      'Desired:integer',
      'Current:integer',
      'Ready:integer',
      'Up-to-date:integer',
      'Available:integer',
      'Node Selector',
      'Age',
    ],
    ['Containers', 'Images', 'Selector'],
    (object, now) => {
      const status = statusOf(object)
      const selector = keys(at(object, 'spec', 'template', 'spec')['nodeSelector']) || '<none>'
      return [
        ...[
          'desiredNumberScheduled',
          'currentNumberScheduled',
          'numberReady',
          'updatedNumberScheduled',
          'numberAvailable',
        ].map((name) => count(status[name])),
        selector,
        created(object, now),
        ...containerCells(object),
        formatSelector(specOf(object)['selector']),
      ]
    },
  ),
  'jobs.batch': table(
    ['Status', 'Completions', 'Duration', 'Age'],
    ['Containers', 'Images', 'Selector'],
    (object, now) => [
      ...jobCells(object, now),
      created(object, now),
      ...containerCells(object),
      formatSelector(specOf(object)['selector']),
    ],
  ),
  'cronjobs.batch': table(
    ['Schedule', 'Timezone', 'Suspend:boolean', 'Active:integer', 'Last Schedule', 'Age'],
    ['Containers', 'Images', 'Selector'],
    (object, now) => {
      const spec = specOf(object)
      const last = statusOf(object)['lastScheduleTime']
      return [
        spec['schedule'],
        orNone(spec['timeZone']),
        spec['suspend'] === true ? 'True' : 'False',
        listOf(statusOf(object)['active']).length,
        isSet(last) ? age(last, now) : '<none>',
        created(object, now),
        ...containerCells(object, 'jobTemplate', 'spec'),
        formatSelector(at(spec, 'jobTemplate', 'spec')['selector']),
      ]
    },
  ),
  'ingresses.networking.k8s.io': table(['Class', 'Hosts', 'Address', 'Ports', 'Age'], [], (object, now) => {
    const spec = specOf(object)
    const addresses = fieldsList(at(object, 'status', 'loadBalancer')['ingress']).map(
      (item) => textOf(item['ip']) || textOf(item['hostname']),
    )
    return [
      orNone(spec['ingressClassName'] ?? object.metadata.annotations?.['kubernetes.io/ingress.class']),
      ingressHosts(spec),
      addresses.join(','),
      ingressPorts(spec),
      created(object, now),
    ]
  }),
  'ingressclasses.networking.k8s.io': table(['Controller', 'Parameters', 'Age'], [], (object, now) => {
    const parameters = specOf(object)['parameters']
    const { apiGroup, kind, name } = fieldsOf(parameters)
    return [
      textOf(specOf(object)['controller']),
      isFields(parameters)
        ? `${textOf(kind)}${isSet(apiGroup) ? `.${textOf(apiGroup)}` : ''}/${textOf(name)}`
        : '<none>',
      created(object, now),
    ]
  }),
  'networkpolicies.networking.k8s.io': table(['Pod-Selector', 'Age'], [], (object, now) => [
    formatSelector(specOf(object)['podSelector']),
    created(object, now),
  ]),
  'poddisruptionbudgets.policy': table(
    ['Min Available', 'Max Unavailable', 'Allowed Disruptions:integer', 'Age'],
    [],
    (object, now) => [
      isSet(specOf(object)['minAvailable']) ? String(specOf(object)['minAvailable']) : 'N/A',
      isSet(specOf(object)['maxUnavailable']) ? String(specOf(object)['maxUnavailable']) : 'N/A',
      count(statusOf(object)['disruptionsAllowed']),
      created(object, now),
    ],
  ),
  'horizontalpodautoscalers.autoscaling': table(
    ['Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age'],
    [],
    (object, now) => {
      const reference = at(object, 'spec', 'scaleTargetRef')
      return [
        `${textOf(reference['kind'])}/${textOf(reference['name'])}`,
        metricsCell(object),
        orUnset(specOf(object)['minReplicas']),
        count(specOf(object)['maxReplicas']),
        count(statusOf(object)['currentReplicas']),
        created(object, now),
      ]
    },
  ),
  'roles.rbac.authorization.k8s.io': createdAt,
  'clusterroles.rbac.authorization.k8s.io': createdAt,
  'customresourcedefinitions.apiextensions.k8s.io': createdAt,
  'rolebindings.rbac.authorization.k8s.io': bindingTable,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingTable,
  'storageclasses.storage.k8s.io': {
    columns: columns(['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age']),
    cells: (object, now) => [
      storageName(object),
      object['provisioner'],
      object['reclaimPolicy'],
      object['volumeBindingMode'],
      object['allowVolumeExpansion'] === true,
      created(object, now),
    ],
  },
  'leases.coordination.k8s.io': table(['Holder', 'Age'], [], (object, now) => [
    textOf(specOf(object)['holderIdentity']),
    created(object, now),
  ]),
  'priorityclasses.scheduling.k8s.io': table(
    ['Value:integer', 'Global-Default:boolean', 'Age', 'PreemptionPolicy'],
    [],
    (object, now) => [
      count(object['value']),
      object['globalDefault'] === true,
      created(object, now),
      textOf(object['preemptionPolicy']),
    ],
  ),
  endpoints: table(['Endpoints', 'Age'], [], (object, now) => [endpointsCell(object), created(object, now)]),
  'endpointslices.discovery.k8s.io': table(['AddressType', 'Ports', 'Endpoints', 'Age'], [], (object, now) => {
    const ports = fieldsList(object['ports']).map((port) =>
      port['port'] === undefined ? '*' : String(count(port['port'])),
    )
    const addresses = fieldsList(object['endpoints']).flatMap((endpoint) => listOf(endpoint['addresses']).map(String))
    return [object['addressType'], firstThree(ports, '<unset>'), firstThree(addresses, '<unset>'), created(object, now)]
  }),
  resourcequotas: table(['Request', 'Limit', 'Age'], [], (object, now) => {
    const hard = at(object, 'status', 'hard')
    const used = at(object, 'status', 'used')
    return [amounts(hard, used, false), amounts(hard, used, true), created(object, now)]
  }),
  limitranges: createdAt,
  events: eventTable,
  'events.events.k8s.io': eventTable,
  'controllerrevisions.apps': table(['Controller', 'Revision', 'Age'], [], (object, now) => {
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true)
    const [group = ''] = (owner?.apiVersion ?? '').split('/').slice(0, -1)
    return [
      owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`,
      count(object['revision']),
      created(object, now),
    ]
  }),
  'validatingwebhookconfigurations.admissionregistration.k8s.io': table(
    ['Webhooks:integer', 'Age'],
    [],
    (object, now) => [listOf(object['webhooks']).length, created(object, now)],
  ),
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': table(
    ['Webhooks:integer', 'Age'],
    [],
    (object, now) => [listOf(object['webhooks']).length, created(object, now)],
  ),
})
