import { dictionary } from '../../../lang/dictionary.ts'
import { at } from '../../validation/numbers.ts'
import { isWhole } from '../../validation/quantity.ts'
import { fieldsList, fieldsOf, isFields, isSet, sameValue, listOf, type Fields } from '../../validation/values.ts'
import { labelMapWarnings, oldLabel, selectorTermWarnings } from './node-labels.ts'

const oldVolumes: Readonly<Record<string, string>> = dictionary({
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
})
/** As complaints spell it. */
const spelled = (name: string): string => (name === 'storageos' ? 'storageOS' : name)

/** Kinds of volumes that no longer work. */
export function oldVolumeWarnings(
  source: Fields,
  field: string,
  of: readonly string[] = Object.keys(oldVolumes),
): string[] {
  return of.flatMap((name) => (isFields(source[name]) ? [`${field}.${spelled(name)}: ${oldVolumes[name]}`] : []))
}

/** What a claim asks for comes in whole bytes. */
export function claimSpecWarnings(spec: Fields, field: string): string[] {
  return ['requests', 'limits'].flatMap((part) => {
    const amount = at(spec, 'resources', part)['storage']
    return amount === undefined || isWhole(amount)
      ? []
      : [
          `${field}.resources.${part}[storage]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`,
        ]
  })
}

const betaClass = 'volume.beta.kubernetes.io/storage-class'

/** PersistentVolumeClaim. */
export function claimWarnings(claim: Fields): string[] {
  const old =
    betaClass in at(claim, 'metadata', 'annotations')
      ? [`metadata.annotations[${betaClass}]: deprecated since v1.8; use "storageClassName" attribute instead`]
      : []
  return [...old, ...claimSpecWarnings(fieldsOf(claim['spec']), 'spec')]
}

const volumeAnnotations: Readonly<Record<string, string>> = dictionary({
  [betaClass]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
})

/** PersistentVolume. */
export function volumeWarnings(volume: Fields): string[] {
  const spec = fieldsOf(volume['spec'])
  const annotations = at(volume, 'metadata', 'annotations')
  const terms = fieldsList(at(spec, 'nodeAffinity', 'required')['nodeSelectorTerms'])
  return [
    ...Object.entries(volumeAnnotations).flatMap(([key, text]) =>
      key in annotations ? [`metadata.annotations[${key}]: ${text}`] : [],
    ),
    ...(spec['persistentVolumeReclaimPolicy'] === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, index) =>
      selectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, false),
    ),
    ...oldVolumeWarnings(spec, 'spec', ['cephfs', 'photonPersistentDisk', 'scaleIO', 'storageos', 'glusterfs', 'rbd']),
  ]
}

/** StorageClass. */
export function storageClassWarnings(object: Fields): string[] {
  return fieldsList(object['allowedTopologies']).flatMap((topology, index) =>
    fieldsList(topology['matchLabelExpressions']).flatMap(({ key }, inner) => {
      const text = oldLabel(key)
      return text === undefined ? [] : [`allowedTopologies[${index}].matchLabelExpressions[${inner}].key: ${text}`]
    }),
  )
}

/** CSIStorageCapacity. */
export function capacityWarnings(object: Fields): string[] {
  const topology = fieldsOf(object['nodeTopology'])
  return [
    ...selectorTermWarnings(topology, 'nodeTopology', false),
    ...labelMapWarnings(topology['matchLabels'], (key) => `nodeTopology.matchLabels.${key}`),
  ]
}

/** CSIDriver: tokens had better be handed over among secrets. */
export function driverWarnings(object: Fields, previous: Fields | undefined): string[] {
  const spec = fieldsOf(object['spec'])
  const requests = spec['tokenRequests']
  const known = previous !== undefined && sameValue(at(previous, 'spec')['tokenRequests'], requests)
  if (listOf(requests).length === 0 || known || isSet(spec['serviceAccountTokenInSecrets'])) return []
  return [tokenAdvice]
}

const tokenAdvice =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'
