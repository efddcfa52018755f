import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { realClock } from '../../runtime/clock.ts'
import { seededRandom } from '../../runtime/random.ts'
import { createObjects } from '../create-objects.ts'
import { builtinStrategies } from '../kinds/index.ts'
import { MemoryStore } from '../memory-store.ts'
import { ResourceTable } from '../resource.ts'
import { builtinResources } from '../schema/builtin.ts'
import { StatusError } from '../status-error.ts'

const rows = builtinResources(builtinStrategies)
const pod = (spec: object = {}) => ({ containers: [{ name: 'a', image: 'a' }], ...spec })
const template = (spec: object = {}) => ({ metadata: { labels: { a: 'b' } }, spec: pod(spec) })
const selector = { matchLabels: { a: 'b' } }
const volume = (source: object) => pod({ volumes: [{ name: 'v', ...source }] })

/** What the API says of an object of a kind, or of its change into another. */
async function complaints(kind: string, content: object, changed?: object): Promise<string[]> {
  const row = rows.find((each) => each.kind === kind && (kind !== 'Event' || each.group === ''))
  if (!row) throw new Error(kind)
  const objects = createObjects({
    store: new MemoryStore(),
    resources: new ResourceTable([row]),
    clock: realClock,
    random: seededRandom(1),
    hooks: {},
  })
  const { group, version, plural: resource } = row
  const ref = { group, version, resource, ...(row.namespaced ? { namespace: 'n' } : {}) }
  const apiVersion = group === '' ? version : `${group}/${version}`
  const object = (given: object): KubeObject => ({ apiVersion, kind, metadata: { name: 'x' }, ...given })
  try {
    const { resourceVersion = '' } = (await objects.create(ref, object(content))).metadata
    if (changed) {
      const metadata = { name: 'x', resourceVersion }
      await objects.update({ ...ref, name: 'x' }, object({ metadata, ...changed }))
    }
    return []
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return (error.status.details?.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`)
  }
}

const created: readonly (readonly [string, object, readonly string[]])[] = [
  ['Pod', { spec: pod() }, []],
  [
    'Service',
    { spec: { ipFamilies: ['IPv6'], ports: [{ port: 80 }] } },
    ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
  ],
  [
    'Service',
    { spec: { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] } },
    ['spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'],
  ],
  [
    'Service',
    { spec: { clusterIPs: ['10.0.0.9', '10.0.0.10'], clusterIP: '10.0.0.9', ports: [{ port: 80 }] } },
    ['spec.clusterIPs: Invalid value: ["10.0.0.9","10.0.0.10"]: may specify no more than one IP for each IP family'],
  ],
  [
    'DaemonSet',
    {
      spec: {
        selector,
        template: template(),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } },
      },
    },
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ],
  [
    'DaemonSet',
    {
      spec: {
        selector,
        template: template(),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
      },
    },
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ],
  [
    'ControllerRevision',
    { revision: -1 },
    ['data: Required value: data is mandatory', 'revision: Invalid value: -1: must be greater than or equal to 0'],
  ],
  ['Pod', { spec: { containers: [] } }, ['spec.containers: Required value']],
  [
    'Pod',
    { spec: volume({ nfs: { server: 's', path: 'p' } }) },
    ['spec.volumes[0].nfs.path: Invalid value: "p": must be an absolute path'],
  ],
  [
    'Pod',
    { spec: volume({ iscsi: { targetPortal: 't', iqn: 'iqn.2001-04.com.example:a', lun: 300 } }) },
    ['spec.volumes[0].iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive'],
  ],
  [
    'Deployment',
    { spec: { selector, template: template({ restartPolicy: 'Never' }) } },
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    'DaemonSet',
    { spec: { selector, template: template(), updateStrategy: { type: 'Soon' } } },
    [
      'spec.updateStrategy: Unsupported value: {"Type":"Soon","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
    ],
  ],
  [
    'StatefulSet',
    { spec: { selector, template: template({ containers: [] }) } },
    ['spec.template.spec.containers: Required value'],
  ],
  [
    'StatefulSet',
    { spec: { selector, template: template(), podManagementPolicy: 'Any' } },
    ["spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
  ],
  [
    'Job',
    { spec: { template: template({ restartPolicy: 'Never' }), backoffLimitPerIndex: 1 } },
    ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  ],
  [
    'Job',
    {
      spec: {
        template: template({ restartPolicy: 'Never' }),
        completionMode: 'Indexed',
        completions: 2,
        successPolicy: { rules: [{ succeededIndexes: '0,5' }] },
      },
    },
    [
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0,5": error parsing succeededIndexes: too large index: "5"',
    ],
  ],
  [
    'CronJob',
    {
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { manualSelector: true, template: template({ restartPolicy: 'Never' }) } },
      },
    },
    ['spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"'],
  ],
  [
    'HorizontalPodAutoscaler',
    { spec: { maxReplicas: 0, scaleTargetRef: { apiVersion: 'v1', kind: 'Deployment', name: 'x' } } },
    [
      'spec.maxReplicas: Required value: must be set and greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
  ],
  [
    'RoleBinding',
    { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a/b' } },
    ['roleRef.name: Invalid value: "a/b": may not contain \'/\''],
  ],
  [
    'Endpoints',
    { subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 0 }] }] },
    [
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    'CSIDriver',
    { spec: { fsGroupPolicy: 'Mine' } },
    ['spec.fsGroupPolicy: Unsupported value: "Mine": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
  ],
  ['CSINode', { spec: { drivers: [{ name: 'd', nodeID: '' }] } }, ['spec.drivers[0].nodeID: Required value']],
  [
    'VolumeAttachment',
    { spec: { attacher: 'a', nodeName: 'n', source: {} } },
    ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ],
  [
    'VolumeAttributesClass',
    { driverName: 'd' },
    ['parameters: Required value: must contain at least one key/value pair'],
  ],
  ['RuntimeClass', { handler: '' }, ['handler: Required value']],
  [
    'NetworkPolicy',
    { spec: { podSelector: {}, ingress: [{ ports: [{ port: 80, endPort: 70 }] }] } },
    ['spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`'],
  ],
]

const changes: readonly (readonly [string, object, object, readonly string[]])[] = [
  [
    'Deployment',
    { spec: { selector, template: template() } },
    {
      spec: {
        selector: { matchLabels: { c: 'd' } },
        template: { ...template(), metadata: { labels: { a: 'b', c: 'd' } } },
      },
    },
    ['spec.selector: Invalid value: {"matchLabels":{"c":"d"}}: field is immutable'],
  ],
  [
    'StatefulSet',
    { spec: { selector, template: template(), serviceName: 'a' } },
    {
      spec: { selector, template: template(), serviceName: 'b' },
    },
    [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
  ],
  [
    'VolumeAttributesClass',
    { driverName: 'd', parameters: { a: 'b' } },
    { driverName: 'd', parameters: { a: 'c' } },
    ['parameters: Forbidden: updates to parameters are forbidden.'],
  ],
  ['RuntimeClass', { handler: 'a' }, { handler: 'b' }, ['handler: Invalid value: "b": field is immutable']],
  [
    'ControllerRevision',
    { data: { a: 1 }, revision: 1 },
    { data: { a: 2 }, revision: 1 },
    ['data: Invalid value: {"a":2}: field is immutable'],
  ],
]

describe('validation', () => {
  it.each(created)('of a new %s: %j', async (kind, content, expected) => {
    expect((await complaints(kind, content)).sort()).toEqual([...expected].sort())
  })

  it.each(changes)('of a changed %s: %j', async (kind, before, after, expected) => {
    expect(await complaints(kind, before, after)).toEqual(expected)
  })
})
