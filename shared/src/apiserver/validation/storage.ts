import type { FieldError } from '../strategy.ts'
import { forbidden, immutable, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { diffGo } from './go-diff.ts'
import { printGo } from './go-print.ts'
import { validateSelector } from './labels.ts'
import { dnsSubdomain, qualifiedName } from './names.ts'
import { at } from './numbers.ts'
import { canonicalQuantity, nanoOf, wholeUnits } from './quantity.ts'
import { fieldsOf, isFields, isSet, listOf, sameValue, textOf, type Fields } from './values.ts'
import { enumerated, hostPathTypes } from './choices.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

function validateModes(modes: unknown, field: string): FieldError[] {
  const errors = listOf(modes)
    .filter((mode) => !accessModes.includes(textOf(mode)))
    .map((mode) => notSupported(field, mode, accessModes))
  const alone = listOf(modes).includes('ReadWriteOncePod')
  if (alone && listOf(modes).some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(textOf(mode))))
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'))
  return errors
}

/** Checks what a claim asks for. */
export function validateClaimSpec(spec: Fields, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (listOf(spec['accessModes']).length === 0)
    errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'))
  errors.push(...validateSelector(spec['selector'], `${field}.selector`))
  errors.push(...validateModes(spec['accessModes'], `${field}.accessModes`))
  const storage = at(spec, 'resources', 'requests')['storage']
  if (storage === undefined) errors.push(required(`${field}.resources[storage]`))
  else if (nanoOf(storage) <= 0n)
    errors.push(invalid(`${field}.resources[storage]`, canonicalQuantity(storage), 'must be greater than zero'))
  errors.push(...validateClass(spec['storageClassName'], `${field}.storageClassName`))
  if (isSet(spec['volumeMode'])) errors.push(...enumerated(spec['volumeMode'], `${field}.volumeMode`, volumeModes))
  const source = spec['dataSource']
  if (isFields(source)) {
    for (const name of ['name', 'kind']) if (!isSet(source[name])) errors.push(required(`${field}.dataSource.${name}`))
    if (!isSet(source['apiGroup']) && isSet(source['kind']) && source['kind'] !== 'PersistentVolumeClaim')
      errors.push(
        invalid(
          `${field}.dataSource`,
          source['kind'],
          "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
        ),
      )
  }
  return [...errors, ...validateClass(spec['volumeAttributesClassName'], `${field}.volumeAttributesClassName`)]
}

const volumeModes = ['Block', 'Filesystem']

function validateClass(name: unknown, field: string): FieldError[] {
  return isSet(name) ? invalidAll(field, name, dnsSubdomain(textOf(name))) : []
}

/** PersistentVolumeClaim: what is asked, and that only its size may grow. */
export function validateClaim(next: Fields, previous: Fields | undefined): FieldError[] {
  const spec = fieldsOf(next['spec'])
  const errors = validateClaimSpec(spec, 'spec')
  if (previous !== undefined) errors.push(...validateClaimUpdate(next, previous))
  return errors
}

const claimMessage =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

function validateClaimUpdate(next: Fields, previous: Fields): FieldError[] {
  const before: Fields = { ...fieldsOf(previous['spec']) }
  const spec: Fields = { ...fieldsOf(next['spec']) }
  const errors: FieldError[] = []
  const [old, now] = [before, spec].map((of) => at(of, 'resources', 'requests')['storage'])
  // A claim that is not bound yet may be bound, and one without a class may be given one.
  if (!isSet(before['volumeName'])) before['volumeName'] = spec['volumeName']
  if (before['storageClassName'] === undefined && isSet(spec['storageClassName'])) delete spec['storageClassName']
  if (at(next, 'status')['phase'] === 'Bound' && isFields(at(spec, 'resources')['requests']))
    spec['resources'] = {
      ...at(spec, 'resources'),
      requests: { ...at(spec, 'resources', 'requests'), storage: old },
    }
  spec['volumeAttributesClassName'] = before['volumeAttributesClassName']
  if (!sameValue(spec, before)) {
    const diff = diffGo('core.v1.PersistentVolumeClaimSpec', before, spec)
    errors.push(forbidden('spec', `${claimMessage}\n${diff}`))
  }
  const capacity = at(previous, 'status', 'capacity')['storage']
  if (nanoOf(now) < nanoOf(old) && nanoOf(now) <= nanoOf(capacity))
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  if (!sameValue(spec['volumeMode'], before['volumeMode'])) errors.push(immutable('volumeMode', spec['volumeMode']))
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
    if (nanoOf(size) < 0n)
      errors.push(invalid(`spec.capacity[${name}]`, Number(wholeUnits(size)), 'must be a valid resource quantity'))
  }
  const policies = ['Delete', 'Recycle', 'Retain']
  const policy = spec['persistentVolumeReclaimPolicy']
  if (isSet(policy) && !policies.includes(textOf(policy)))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, policies))
  const sources = Object.keys(spec).filter((key) => !notVolumes.has(key) && isFields(spec[key]))
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'))
  errors.push(...validateVolumeSource(spec))
  errors.push(...validateClass(spec['storageClassName'], 'spec.storageClassName'))
  if (isSet(spec['volumeMode'])) errors.push(...enumerated(spec['volumeMode'], 'spec.volumeMode', volumeModes))
  const ordered = [...sources].sort((a, b) => volumeOrder.indexOf(a) - volumeOrder.indexOf(b))
  for (const extra of ordered.slice(1))
    errors.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'))
  if (previous !== undefined) {
    // An update is checked as a creation and once more as an update.
    errors.push(...errors)
    const before = fieldsOf(previous['spec'])
    if (volumeOrder.some((source) => !sameValue(spec[source], before[source]))) {
      const diff = diffGo('core.v1.PersistentVolumeSource', spec, before)
      errors.push(
        forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${diff}`),
      )
    }
    if (!sameValue(spec['volumeMode'], before['volumeMode'])) errors.push(immutable('volumeMode', spec['volumeMode']))
    if (isFields(before['nodeAffinity']) && !sameValue(spec['nodeAffinity'], before['nodeAffinity']))
      errors.push(immutable('nodeAffinity', printGo('core.v1.VolumeNodeAffinity', spec['nodeAffinity'])))
  }
  return errors
}

/** What the sources that people write by hand need. */
function validateVolumeSource(spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  const { hostPath, nfs, local, csi } = spec
  const need = (source: Fields, kind: string, ...names: readonly string[]): void => {
    for (const name of names) if (!isSet(source[name])) errors.push(required(`spec.${kind}.${name}`))
  }
  if (isFields(hostPath)) {
    need(hostPath, 'hostPath', 'path')
    const type = hostPath['type']
    if (isSet(type) && !hostPathTypes.includes(textOf(type)))
      errors.push(notSupported('spec.hostPath.type', type, hostPathTypes))
    if (textOf(hostPath['path']) === '/' && spec['persistentVolumeReclaimPolicy'] === 'Recycle')
      errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  } else if (isFields(nfs)) {
    need(nfs, 'nfs', 'server', 'path')
    if (isSet(nfs['path']) && !textOf(nfs['path']).startsWith('/'))
      errors.push(invalid('spec.nfs.path', nfs['path'], 'must be an absolute path'))
  } else if (isFields(local)) {
    need(local, 'local', 'path')
    if (!isFields(spec['nodeAffinity']))
      errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  } else if (isFields(csi)) need(csi, 'csi', 'driver', 'volumeHandle')
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
  const provisioner = textOf(next['provisioner'])
  if (provisioner === '') errors.push(required('provisioner'))
  else errors.push(...invalidAll('provisioner', provisioner.toLowerCase(), qualifiedName(provisioner.toLowerCase())))
  const parameters = fieldsOf(next['parameters'])
  if (Object.keys(parameters).length > 512)
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'Provisioner Parameters Length',
      message: 'Too long: may not be more than 512 bytes',
    })
  if ('' in parameters) errors.push(invalid('parameters', '', 'field can not be empty.'))
  errors.push(...enumerated(next['reclaimPolicy'], 'reclaimPolicy', ['Delete', 'Retain']))
  errors.push(...enumerated(next['volumeBindingMode'], 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']))
  if (previous === undefined) return errors
  for (const name of ['provisioner', 'reclaimPolicy', 'parameters', 'volumeBindingMode'])
    if (!sameValue(next[name], previous[name])) errors.push(immutable(name, next[name]))
  return errors
}
