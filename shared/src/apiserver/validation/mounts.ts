import type { FieldError } from '../strategy.ts'
import { forbidden, invalid, notFound, notSupported, required } from './field-errors.ts'
import { validateNoBacksteps, validateRelativePath } from './paths.ts'
import { fieldsList, fieldsOf, isSet, textOf, type Fields } from './values.ts'

const propagations = ['Bidirectional', 'HostToContainer', 'None']

/** Checks where a container mounts the volumes of its pod. */
export function validateMounts(container: Fields, field: string, volumes: ReadonlyMap<string, Fields>): FieldError[] {
  const devices = fieldsList(container['volumeDevices'])
  const paths = new Set<string>()
  return fieldsList(container['volumeMounts']).flatMap((mount, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const name = textOf(mount['name'])
    if (name === '') errors.push(required(`${path}.name`))
    if (!volumes.has(name)) errors.push(notFound(`${path}.name`, name))
    const mountPath = textOf(mount['mountPath'])
    if (mountPath === '') errors.push(required(`${path}.mountPath`))
    if (paths.has(mountPath)) errors.push(invalid(`${path}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    if (devices.some((device) => device['name'] === name))
      errors.push(invalid(`${path}.name`, name, 'must not already exist in volumeDevices'))
    if (devices.some((device) => device['devicePath'] === mountPath))
      errors.push(invalid(`${path}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    errors.push(...validateSubPaths(mount, path))
    return [...errors, ...validatePropagation(mount, container, path)]
  })
}

function validateSubPaths(mount: Fields, path: string): FieldError[] {
  const plain = textOf(mount['subPath'])
  const expression = textOf(mount['subPathExpr'])
  const errors = plain === '' ? [] : validateRelativePath(plain, `${path}.subPath`)
  if (expression === '') return errors
  if (plain !== '')
    errors.push(invalid(`${path}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive'))
  return [...errors, ...validateRelativePath(expression, `${path}.subPathExpr`)]
}

function validatePropagation(mount: Fields, container: Fields, path: string): FieldError[] {
  const propagation = mount['mountPropagation']
  if (!isSet(propagation)) return []
  const field = `${path}.mountPropagation`
  if (!propagations.includes(textOf(propagation))) return [notSupported(field, propagation, propagations)]
  return propagation === 'Bidirectional' && fieldsOf(container['securityContext'])['privileged'] !== true
    ? [forbidden(field, 'Bidirectional mount propagation is available only to privileged containers')]
    : []
}

/** Checks which volumes a container sees as raw devices. */
export function validateDevices(container: Fields, field: string, volumes: ReadonlyMap<string, Fields>): FieldError[] {
  const mounts = fieldsList(container['volumeMounts'])
  const names = new Set<string>()
  const paths = new Set<string>()
  return fieldsList(container['volumeDevices']).flatMap((device, index) => {
    const at = `${field}[${index}]`
    const errors: FieldError[] = []
    const name = textOf(device['name'])
    const path = textOf(device['devicePath'])
    if (name === '') errors.push(required(`${at}.name`))
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'))
    const volume = volumes.get(name)
    if (volume && volume['persistentVolumeClaim'] === undefined && volume['ephemeral'] === undefined)
      errors.push(
        invalid(
          `${at}.name`,
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      )
    if (!volume) errors.push(notFound(`${at}.name`, name))
    if (path === '') errors.push(required(`${at}.devicePath`))
    if (paths.has(path)) errors.push(invalid(`${at}.devicePath`, path, 'must be unique'))
    errors.push(...validateNoBacksteps(path, `${at}.devicePath`))
    if (mounts.some((mount) => mount['name'] === name))
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'))
    if (mounts.some((mount) => mount['mountPath'] === path))
      errors.push(invalid(`${at}.devicePath`, path, 'must not already exist as a path in volumeMounts'))
    names.add(name)
    paths.add(path)
    return errors
  })
}
