import { fieldsList, fieldsOf, listOf, textOf, type Fields } from '../../validation/values.ts'
import { procMount } from './baseline.ts'
import {
  containersOf,
  containersWith,
  hasOwnUsers,
  isWindows,
  joinQuoted,
  namedContainers,
  plural,
  securityOf,
  setters,
  sortedSet,
  type Check,
  type CheckPod,
} from './check.ts'
import { seccompRestricted } from './seccomp.ts'

const escalation: CheckPod = ({ spec }) => {
  const names = containersWith(spec, (container) => securityOf(container)['allowPrivilegeEscalation'] !== false)
  if (names.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const capabilities: CheckPod = ({ spec }) => {
  const named = (container: Fields, list: string): string[] =>
    listOf(fieldsOf(securityOf(container)['capabilities'])[list]).map(textOf)
  const beyond = (container: Fields): string[] =>
    named(container, 'add').filter((capability) => capability !== 'NET_BIND_SERVICE')
  const keeping = containersWith(spec, (container) => !named(container, 'drop').includes('ALL'))
  const adding = containersWith(spec, (container) => beyond(container).length > 0)
  const added = sortedSet(containersOf(spec).flatMap(beyond))
  const details = [
    ...(keeping.length > 0 ? [`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${namedContainers(adding)} must not include ${joinQuoted(added)} in securityContext.capabilities.add`]
      : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumes =
  'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' ')
const otherVolumes =
  'hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos'.split(
    ' ',
  )

const volumes: CheckPod = ({ spec }) => {
  const bad = fieldsList(spec['volumes']).filter((volume) => !allowedVolumes.some((kind) => volume[kind] !== undefined))
  if (bad.length === 0) return undefined
  const types = sortedSet(bad.map((volume) => otherVolumes.find((kind) => volume[kind] !== undefined) ?? 'unknown'))
  const names = joinQuoted(bad.map((volume) => textOf(volume['name'])))
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', 'volumes', bad.length)} ${names} ${plural('uses', 'use', bad.length)} ${plural('restricted volume type', 'restricted volume types', types.length)} ${joinQuoted(types)}`,
  }
}

const nonRoot: CheckPod = ({ spec }) => {
  const reason = 'runAsNonRoot != true'
  const says = (of: Fields): unknown => securityOf(of)['runAsNonRoot']
  const who = setters(
    says(spec) === false,
    containersWith(spec, (container) => says(container) === false),
  )
  if (who.length > 0) return { reason, detail: `${who.join(' and ')} must not set securityContext.runAsNonRoot=false` }
  if (says(spec) === true) return undefined
  const silent = containersWith(spec, (container) => typeof says(container) !== 'boolean')
  if (silent.length === 0) return undefined
  return { reason, detail: `pod or ${namedContainers(silent)} must set securityContext.runAsNonRoot=true` }
}

const nonRootUser: CheckPod = ({ spec }) => {
  const isRoot = (of: Fields): boolean => securityOf(of)['runAsUser'] === 0
  const who = setters(isRoot(spec), containersWith(spec, isRoot))
  return who.length === 0
    ? undefined
    : { reason: 'runAsUser=0', detail: `${who.join(' and ')} must not set runAsUser=0` }
}

const notOnWindows =
  (check: CheckPod): CheckPod =>
  (pod) =>
    isWindows(pod.spec) ? undefined : check(pod)

const unlessOwnUsers =
  (check: CheckPod): CheckPod =>
  (pod) =>
    hasOwnUsers(pod.spec) ? undefined : check(pod)

/** What a hardened pod must do beside. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    versions: [
      { since: 8, check: escalation },
      { since: 25, check: notOnWindows(escalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    versions: [
      { since: 22, check: capabilities, overrides: ['capabilities_baseline'] },
      { since: 25, check: notOnWindows(capabilities), overrides: ['capabilities_baseline'] },
    ],
  },
  {
    id: 'procMount_restricted',
    level: 'restricted',
    versions: [{ since: 35, check: procMount, overrides: ['procMount'] }],
  },
  {
    id: 'restrictedVolumes',
    level: 'restricted',
    versions: [{ since: 0, check: volumes, overrides: ['hostPathVolumes'] }],
  },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    versions: [
      { since: 0, check: nonRoot },
      { since: 35, check: unlessOwnUsers(nonRoot) },
    ],
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    versions: [
      { since: 23, check: nonRootUser },
      { since: 35, check: unlessOwnUsers(nonRootUser) },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    versions: [
      { since: 19, check: seccompRestricted, overrides: ['seccompProfile_baseline'] },
      { since: 25, check: notOnWindows(seccompRestricted), overrides: ['seccompProfile_baseline'] },
    ],
  },
]
