import type { FieldError } from '../strategy.ts'
import { forbidden, immutable, invalid, notSupported, required } from './field-errors.ts'
import { at } from './numbers.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import { fieldsOf, isFields, isSet, listOf, sameValue, textOf, type Fields } from './values.ts'
import { enumerated } from './workloads.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

function validateModes(modes: unknown, field: string): FieldError[] {
  return listOf(modes)
    .filter((mode) => !accessModes.includes(textOf(mode)))
    .map((mode) => notSupported(field, mode, accessModes))
}

/** PersistentVolumeClaim: what is asked, and that only its size may grow. */
export function validateClaim(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  if (listOf(spec['accessModes']).length === 0)
    errors.push(required('spec.accessModes', 'at least 1 access mode is required'))
  errors.push(...validateModes(spec['accessModes'], 'spec.accessModes'))
  const storage = at(spec, 'resources', 'requests')['storage']
  if (storage === undefined) errors.push(required('spec.resources[storage]'))
  else if (nanoOf(storage) <= 0n)
    errors.push(invalid('spec.resources[storage]', canonicalQuantity(storage), 'must be greater than zero'))
  if (isSet(spec['volumeMode']) && !['Block', 'Filesystem'].includes(textOf(spec['volumeMode']))) {
    errors.push(notSupported('spec.volumeMode', spec['volumeMode'], ['Block', 'Filesystem']))
  }
  if (previous !== undefined) errors.push(...validateClaimUpdate(spec, previous))
  return errors
}

const claimMessage =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

function validateClaimUpdate(spec: Fields, previous: Fields): FieldError[] {
  const before = fieldsOf(previous['spec'])
  const errors: FieldError[] = []
  const old = at(before, 'resources', 'requests')['storage']
  const now = at(spec, 'resources', 'requests')['storage']
  const bound = at(previous, 'status')['phase'] === 'Bound'
  const strip = (value: Fields): unknown => {
    const rest: Fields = { ...value, resources: undefined }
    delete rest['volumeAttributesClassName']
    // A claim that is not bound yet may be bound.
    if (!isSet(before['volumeName'])) delete rest['volumeName']
    return rest
  }
  const sizeChanged = nanoOf(old) !== nanoOf(now)
  if (!sameValue(strip(spec), strip(before)) || (sizeChanged && !bound)) errors.push(forbidden('spec', claimMessage))
  if (nanoOf(now) < nanoOf(old) && bound) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  return errors
}

const notVolumes = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
])

/** PersistentVolume: one volume of some size. */
export function validateVolume(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors: FieldError[] = []
  if (listOf(spec['accessModes']).length === 0) errors.push(required('spec.accessModes'))
  errors.push(...validateModes(spec['accessModes'], 'spec.accessModes'))
  const capacity = spec['capacity']
  if (!isFields(capacity)) errors.push(required('spec.capacity'))
  if (!isFields(capacity) || capacity['storage'] === undefined || Object.keys(capacity).length > 1) {
    errors.push(notSupported('spec.capacity', capacity, ['storage']))
  }
  for (const [name, size] of Object.entries(fieldsOf(capacity))) {
    if (nanoOf(size) <= 0n)
      errors.push(invalid(`spec.capacity[${name}]`, canonicalQuantity(size), 'must be greater than zero'))
  }
  const policies = ['Delete', 'Recycle', 'Retain']
  const policy = spec['persistentVolumeReclaimPolicy']
  if (isSet(policy) && !policies.includes(textOf(policy)))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, policies))
  const sources = Object.keys(spec).filter((key) => !notVolumes.has(key) && isFields(spec[key]))
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'))
  const ordered = [...sources].sort((a, b) => volumeOrder.indexOf(a) - volumeOrder.indexOf(b))
  for (const extra of ordered.slice(1))
    errors.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'))
  if (previous !== undefined) {
    const before = fieldsOf(previous['spec'])
    const changed = sources.some((source) => !sameValue(spec[source], before[source]))
    if (changed)
      errors.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'))
    if (!sameValue(spec['volumeMode'], before['volumeMode']))
      errors.push(immutable('spec.volumeMode', spec['volumeMode']))
  }
  return errors
}

/** The order in which the several sources are looked at. */
const volumeOrder = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
]

/** StorageClass, whose making may not change. */
export function validateStorageClass(next: Fields, previous: Fields | undefined): FieldError[] {
  const errors: FieldError[] = []
  if (!isSet(next['provisioner'])) errors.push(required('provisioner'))
  errors.push(...enumerated(next['reclaimPolicy'], 'reclaimPolicy', ['Delete', 'Retain']))
  errors.push(...enumerated(next['volumeBindingMode'], 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']))
  if (previous === undefined) return errors
  for (const name of ['provisioner', 'reclaimPolicy', 'parameters', 'volumeBindingMode']) {
    if (!sameValue(next[name], previous[name])) errors.push(immutable(name, next[name]))
  }
  return errors
}
