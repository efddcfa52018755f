import { dictionary } from '../../lang/dictionary.ts'
import type { FieldError } from '../strategy.ts'
import { validateFieldPath, validateResourceField } from './environment.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, required } from './field-errors.ts'
import { dnsLabel, dnsSubdomain } from './names.ts'
import { validateNoBacksteps, validatePlainPath, validateRelativePath } from './paths.ts'
import { hostPathTypes } from './choices.ts'
import { nanoOf } from './quantity.ts'
import { validateClaimSpec } from './storage.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from './values.ts'

/** By name, the volumes that can be mounted: those with nothing wrong. */
export function mountable(volumes: unknown): ReadonlyMap<string, Fields> {
  const sound = fieldsList(volumes).filter((volume) => {
    const name = textOf(volume['name'])
    return dnsLabel(name).length === 0 && validateSource(volume, '').length === 0
  })
  return new Map(sound.map((volume) => [textOf(volume['name']), volume]))
}

/** Checks a pod's volumes. */
export function validateVolumes(volumes: unknown, field: string): FieldError[] {
  const names = new Set<string>()
  return fieldsList(volumes).flatMap((volume, index) => {
    const path = `${field}[${index}]`
    const errors = validateSource(volume, path)
    const name = textOf(volume['name'])
    if (name === '') errors.push(required(`${path}.name`))
    else {
      errors.push(...invalidAll(`${path}.name`, name, dnsLabel(name)))
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
      names.add(name)
    }
    return errors
  })
}

function validateSource(volume: Fields, path: string): FieldError[] {
  const given = Object.keys(checks).filter((kind) => isFields(volume[kind]))
  const [first] = given
  if (first === undefined) return [required(path, 'must specify a volume type')]
  return [
    ...(checks[first]?.(fieldsOf(volume[first]), `${path}.${first}`) ?? []),
    ...given.slice(1).map((kind) => forbidden(`${path}.${kind}`, 'may not specify more than 1 volume type')),
  ]
}

type Check = (source: Fields, path: string) => FieldError[]

const need =
  (...names: readonly string[]): Check =>
  (source, path) =>
    names.filter((name) => !isSet(source[name])).map((name) => required(`${path}.${name}`))

/** Checks a path of the host, and what is expected there. */
export const validateHostPath: Check = (source, path) => {
  const at = textOf(source['path'])
  if (at === '') return [required(`${path}.path`)]
  const type = source['type']
  return [
    ...validateNoBacksteps(at, `${path}.path`),
    ...(isSet(type) && !hostPathTypes.includes(textOf(type))
      ? [notSupported(`${path}.type`, type, hostPathTypes)]
      : []),
  ]
}

/** Checks a share of another machine. */
export const validateShare: Check = (source, path) => {
  const errors = need('server', 'path')(source, path)
  const at = textOf(source['path'])
  if (!at.startsWith('/')) errors.push(invalid(`${path}.path`, at, 'must be an absolute path'))
  return errors
}

const initiatorMessage = 'must be valid format starting with iqn, eui, or naa'

/** Checks a disk of a storage network. */
function validateIscsi(source: Fields, path: string): FieldError[] {
  const errors = need('targetPortal', 'iqn')(source, path)
  const iqn = textOf(source['iqn'])
  const lun = numberOf(source['lun']) ?? 0
  if (iqn !== '') errors.push(...validateInitiator(iqn, `${path}.iqn`))
  if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, 'must be between 0 and 255, inclusive'))
  if ((source['chapAuthDiscovery'] === true || source['chapAuthSession'] === true) && !isFields(source['secretRef']))
    errors.push(required(`${path}.secretRef`))
  const initiator = source['initiatorName']
  if (typeof initiator === 'string') errors.push(...validateInitiator(initiator, `${path}.initiatorname`))
  return errors
}

const initiators: Readonly<Record<string, RegExp>> = dictionary({
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
})

function validateInitiator(name: string, field: string): FieldError[] {
  const form = initiators[name.slice(0, 3)]
  if (form === undefined) return [invalid(field, name, initiatorMessage)]
  return form.test(name) ? [] : [invalid(field, name, 'must be valid format')]
}

/** By their names, the kinds of volumes and what each needs, in the order in which the server looks for them. */
const checks: Readonly<Record<string, Check>> = dictionary({
  emptyDir: (source, path) =>
    source['sizeLimit'] !== undefined && nanoOf(source['sizeLimit']) < 0n
      ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: validateHostPath,
  gitRepo: (source, path) => [
    ...need('repository')(source, path),
    ...validateRelativePath(textOf(source['directory']), `${path}.directory`),
  ],
  gcePersistentDisk: need('pdName'),
  awsElasticBlockStore: need('volumeID'),
  secret: (source, path) => [...need('secretName')(source, path), ...validateFiles(source, path)],
  nfs: validateShare,
  iscsi: validateIscsi,
  glusterfs: need('endpoints', 'path'),
  flocker: (source, path) =>
    isSet(source['datasetName']) || isSet(source['datasetUUID'])
      ? []
      : [required(path, 'one of datasetName and datasetUUID is required')],
  rbd: need('monitors', 'image'),
  cinder: need('volumeID'),
  cephfs: need('monitors'),
  quobyte: need('registry', 'volume'),
  downwardAPI: (source, path) => [
    ...validateMode(source['defaultMode'], `${path}.defaultMode`),
    ...validateDownward(source['items'], path),
  ],
  fc: (source, path) =>
    isSet(source['targetWWNs']) || isSet(source['wwids'])
      ? []
      : [required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both')],
  flexVolume: need('driver'),
  configMap: (source, path) => [...need('name')(source, path), ...validateFiles(source, path)],
  persistentVolumeClaim: need('claimName'),
  azureFile: need('secretName', 'shareName'),
  vsphereVolume: need('volumePath'),
  photonPersistentDisk: need('pdID'),
  portworxVolume: need('volumeID'),
  azureDisk: need('diskName', 'diskURI'),
  storageos: need('volumeName'),
  projected: validateProjected,
  scaleIO: need('gateway', 'system', 'volumeName'),
  csi: (source, path) => validateDriver(source['driver'], `${path}.driver`),
  ephemeral: (source, path) => {
    const template = source['volumeClaimTemplate']
    const at = `${path}.volumeClaimTemplate`
    return isFields(template) ? validateClaimSpec(fieldsOf(template['spec']), `${at}.spec`) : [required(at)]
  },
  image: need('reference'),
})

/** Checks the name of a storage driver. */
export function validateDriver(driver: unknown, field: string): FieldError[] {
  const name = textOf(driver)
  if (name === '') return [required(field)]
  const errors: FieldError[] = []
  if (name.length > 63)
    errors.push({ reason: 'FieldValueTooLong', field, message: 'Too long: may not be more than 63 bytes' })
  return [...errors, ...invalidAll(field, name, dnsSubdomain(name.toLowerCase()))]
}

const modeMessage = 'must be a number between 0 and 0777 (octal), both inclusive'

function validateMode(mode: unknown, field: string): FieldError[] {
  const value = numberOf(mode)
  return value !== undefined && (value < 0 || value > 0o777) ? [invalid(field, value, modeMessage)] : []
}

function validateFiles(source: Fields, path: string): FieldError[] {
  return [
    ...validateMode(source['defaultMode'], `${path}.defaultMode`),
    ...validateItems(source['items'], `${path}.items`),
  ]
}

function validateItems(items: unknown, field: string): FieldError[] {
  return fieldsList(items).flatMap((item, index) => {
    const path = `${field}[${index}]`
    const key = textOf(item['key'])
    const errors = key === '' ? [required(`${path}.key`)] : []
    return [...errors, ...validateTarget(item, path), ...validateMode(item['mode'], `${path}.mode`)]
  })
}

function validateTarget(item: Fields, path: string): FieldError[] {
  const target = textOf(item['path'])
  return target === '' ? [required(`${path}.path`)] : validatePlainPath(target, `${path}.path`)
}

const downwardPaths = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']

function validateDownward(items: unknown, path: string): FieldError[] {
  return fieldsList(items).flatMap((item) => {
    const errors = validateTarget(item, path)
    const { fieldRef, resourceFieldRef } = item
    if (isFields(fieldRef)) {
      errors.push(...validateFieldPath(fieldRef, `${path}.fieldRef`, downwardPaths))
      if (isFields(resourceFieldRef))
        errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
    } else if (isFields(resourceFieldRef)) {
      const at = `${path}.resourceFieldRef`
      if (!isSet(resourceFieldRef['containerName'])) errors.push(required(`${at}.containerName`))
      else errors.push(...validateResourceField(resourceFieldRef, at))
    } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
    return [...errors, ...validateMode(item['mode'], `${path}.mode`)]
  })
}

const projections = [
  'secret',
  'configMap',
  'downwardAPI',
  'serviceAccountToken',
  'clusterTrustBundle',
  'podCertificate',
]

function validateProjected(source: Fields, path: string): FieldError[] {
  const errors = validateMode(source['defaultMode'], `${path}.defaultMode`)
  const seen = new Set<string>()
  fieldsList(source['sources']).forEach((projection, index) => {
    const at = `${path}.sources[${index}]`
    const given = projections.filter((kind) => isFields(projection[kind]))
    const [first] = given
    if (first !== undefined) errors.push(...validateProjection(first, fieldsOf(projection[first]), `${at}.${first}`))
    for (const kind of given.slice(1))
      errors.push(forbidden(`${at}.${kind}`, 'may not specify more than 1 volume type per source'))
    if (first !== undefined) errors.push(...conflicts(first, fieldsOf(projection[first]), seen, path))
  })
  return errors
}

/** No two files of a projected volume may have the same path. */
function conflicts(kind: string, projection: Fields, seen: Set<string>, field: string): FieldError[] {
  return fieldsList(projection['items']).flatMap((file) => {
    const path = textOf(file['path'])
    if (path === '') return []
    const known = seen.has(path)
    seen.add(path)
    const shown = kind === 'secret' || kind === 'configMap' ? textOf(projection['name']) : path
    return known ? [invalid(field, shown, 'conflicting duplicate paths')] : []
  })
}

function validateProjection(kind: string, projection: Fields, path: string): FieldError[] {
  switch (kind) {
    case 'secret':
    case 'configMap':
      return [...need('name')(projection, path), ...validateItems(projection['items'], `${path}.items`)]
    case 'downwardAPI':
      return validateDownward(projection['items'], path)
    case 'serviceAccountToken': {
      const seconds = numberOf(projection['expirationSeconds']) ?? 3600
      const errors: FieldError[] = []
      if (seconds < 600)
        errors.push(invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
      if (seconds > 2 ** 32)
        errors.push(
          invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'),
        )
      return [...errors, ...validateTarget(projection, path.replace(/\.sources\[\d+\]\.\w+$/, ''))]
    }
    default:
      return []
  }
}
