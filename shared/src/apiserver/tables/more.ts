import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { at } from '../validation/numbers.ts'
import { fieldsList, fieldsOf, isFields, isSet, listOf, numberOf, textOf, type Fields } from '../validation/values.ts'
import { containerNames, count, created, keys, specOf, statusOf, table, type Table } from './cells.ts'
import { humanDuration, orNone } from './columns.ts'

const unset = '<unset>'
const text = (value: unknown, none: string): string => (isSet(value) ? String(value) : none)

/** Of a webhook or policy: what it takes its parameters from. */
function paramKind(spec: Fields): string {
  const { apiVersion, kind } = fieldsOf(spec['paramKind'])
  return isFields(spec['paramKind']) ? `${textOf(apiVersion)}/${textOf(kind)}` : unset
}

function paramRef(spec: Fields): string {
  const { name, namespace, selector } = fieldsOf(spec['paramRef'])
  if (!isFields(spec['paramRef'])) return unset
  if (isSet(name)) return isSet(namespace) ? `${textOf(namespace)}/${textOf(name)}` : `*/${textOf(name)}`
  return selector === undefined ? '' : 'selector'
}

const policies = table(['Validations:integer', 'ParamKind', 'Age'], [], (object, now) => [
  listOf(specOf(object)['validations']).length,
  paramKind(specOf(object)),
  created(object, now),
])
const mutations = table(['Mutations:integer', 'ParamKind', 'Age'], [], (object, now) => [
  listOf(specOf(object)['mutations']).length,
  paramKind(specOf(object)),
  created(object, now),
])
const bindings = table(['PolicyName', 'ParamRef', 'Age'], [], (object, now) => [
  textOf(specOf(object)['policyName']),
  paramRef(specOf(object)),
  created(object, now),
])

function signingCondition(request: KubeObject): string {
  const { conditions, certificate } = statusOf(request)
  const types = new Set(fieldsList(conditions).map((condition) => condition['type']))
  const words: string[] = []
  if (types.has('Denied')) words.push('Denied')
  else if (types.has('Approved')) words.push('Approved')
  else words.push('Pending')
  if (types.has('Failed')) words.push('Failed')
  if (isSet(certificate)) words.push('Issued')
  return words.join(',')
}

const podTemplates = table(['Containers', 'Images', 'Pod Labels'], [], (object) => {
  const containers = fieldsList(at(object['template'], 'spec')['containers'])
  return [...containerNames(containers), keys(at(object['template'], 'metadata')['labels']) || '<none>']
})

/** Kinds that are listed seldom, by `plural.group`. */
export const otherTables: Readonly<Record<string, Table>> = dictionary({
  podtemplates: podTemplates,
  componentstatuses: table(['Status', 'Message', 'Error'], [], (object) => {
    const healthy = fieldsList(object['conditions']).find((condition) => condition['type'] === 'Healthy') ?? {}
    const status = { True: 'Healthy', False: 'Unhealthy' }[textOf(healthy['status'])] ?? 'Unknown'
    return [status, textOf(healthy['message']), textOf(healthy['error'])]
  }),
  'validatingadmissionpolicies.admissionregistration.k8s.io': policies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': bindings,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': mutations,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': bindings,
  'runtimeclasses.node.k8s.io': table(['Handler', 'Age'], [], (object, now) => [
    textOf(object['handler']),
    created(object, now),
  ]),
  'csidrivers.storage.k8s.io': table(
    [
      'AttachRequired:boolean',
      'PodInfoOnMount:boolean',
      'StorageCapacity:boolean',
      'TokenRequests',
      'RequiresRepublish:boolean',
      'Modes',
      'Age',
    ],
    [],
    (object, now) => {
      const spec = specOf(object)
      const audiences = fieldsList(spec['tokenRequests']).map((request) => textOf(request['audience']))
      return [
        spec['attachRequired'] !== false,
        spec['podInfoOnMount'] === true,
        spec['storageCapacity'] === true,
        audiences.join(',') || unset,
        spec['requiresRepublish'] === true,
        listOf(spec['volumeLifecycleModes']).join(',') || '<none>',
        created(object, now),
      ]
    },
  ),
  'csinodes.storage.k8s.io': table(['Drivers:integer', 'Age'], [], (object, now) => [
    listOf(specOf(object)['drivers']).length,
    created(object, now),
  ]),
  'csistoragecapacities.storage.k8s.io': table(['StorageClassName', 'Capacity'], [], (object) => [
    textOf(object['storageClassName']),
    text(object['capacity'], unset),
  ]),
  'volumeattachments.storage.k8s.io': table(
    ['Attacher', 'PV', 'Node', 'Attached:boolean', 'Age'],
    [],
    (object, now) => [
      textOf(specOf(object)['attacher']),
      textOf(at(object, 'spec', 'source')['persistentVolumeName']),
      textOf(specOf(object)['nodeName']),
      statusOf(object)['attached'] === true,
      created(object, now),
    ],
  ),
  'volumeattributesclasses.storage.k8s.io': table(['DriverName', 'Age'], [], (object, now) => [
    textOf(object['driverName']),
    created(object, now),
  ]),
  'certificatesigningrequests.certificates.k8s.io': table(
    ['Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition'],
    [],
    (object, now) => {
      const spec = specOf(object)
      const seconds = numberOf(spec['expirationSeconds'])
      return [
        created(object, now),
        text(spec['signerName'], '<none>'),
        textOf(spec['username']),
        seconds === undefined ? '<none>' : humanDuration(seconds * 1000),
        signingCondition(object),
      ]
    },
  ),
  'flowschemas.flowcontrol.apiserver.k8s.io': table(
    ['PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', 'Age', 'MissingPL'],
    [],
    (object, now) => {
      const missing = fieldsList(statusOf(object)['conditions']).find((item) => item['type'] === 'Dangling')
      return [
        text(at(object, 'spec', 'priorityLevelConfiguration')['name'], '<none>'),
        count(specOf(object)['matchingPrecedence']),
        text(at(object, 'spec', 'distinguisherMethod')['type'], '<none>'),
        created(object, now),
        text(missing?.['status'], '?'),
      ]
    },
  ),
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': table(
    ['Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit', 'Age'],
    [],
    (object, now) => {
      const limited = at(object, 'spec', 'limited')
      const exempt = at(object, 'spec', 'exempt')
      const queuing = at(limited, 'limitResponse', 'queuing')
      return [
        textOf(specOf(object)['type']),
        text(limited['nominalConcurrencyShares'] ?? exempt['nominalConcurrencyShares'], '<none>'),
        text(queuing['queues'], '<none>'),
        text(queuing['handSize'], '<none>'),
        text(queuing['queueLengthLimit'], '<none>'),
        created(object, now),
      ]
    },
  ),
  'ipaddresses.networking.k8s.io': table(['ParentRef'], [], (object) => {
    const { group, resource, namespace, name } = at(object, 'spec', 'parentRef')
    return [[group, resource, namespace, name].map(textOf).filter(Boolean).join('/') || orNone(undefined)]
  }),
  'servicecidrs.networking.k8s.io': table(['CIDRs', 'Age'], [], (object, now) => [
    listOf(specOf(object)['cidrs']).join(','),
    created(object, now),
  ]),
})
