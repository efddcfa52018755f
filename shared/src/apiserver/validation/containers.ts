import type { FieldError } from '../strategy.ts'
import { validateEnv, validateEnvFrom } from './environment.ts'
import { duplicate, forbidden, invalid, invalidAll, notFound, notSupported, required } from './field-errors.ts'
import { validateDevices, validateMounts } from './mounts.ts'
import { dnsLabel, portName, portNumber } from './names.ts'
import { validateLifecycle, validateProbes } from './probes.ts'
import { validateResources } from './resources.ts'
import { validateContainerSecurity } from './security-context.ts'
import { fieldsList, isFields, isSet, numberOf, textOf, type Fields } from './values.ts'

/** What containers are checked against: the rest of their pod. */
export interface PodFrame {
  readonly spec: Fields
  /** By name, the volumes that may be mounted. */
  readonly volumes: ReadonlyMap<string, Fields>
  /** The pod itself, not a template of one. */
  readonly isPod: boolean
}

const graceOf = (frame: PodFrame): number | undefined => numberOf(frame.spec['terminationGracePeriodSeconds'])

/** Checks a pod's containers. */
export function validateContainers(frame: PodFrame, field: string): FieldError[] {
  const containers = fieldsList(frame.spec['containers'])
  const path = `${field}.containers`
  if (containers.length === 0) return [required(path)]
  const names = new Set<string>()
  const errors = containers.flatMap((container, index) => {
    const at = `${path}[${index}]`
    const found = validateCommon(container, at, frame)
    const name = textOf(container['name'])
    if (names.has(name)) found.push(duplicate(`${at}.name`, name))
    names.add(name)
    found.push(...validateLifecycle(container['lifecycle'], `${at}.lifecycle`, graceOf(frame)))
    found.push(...validateProbes(container, at, graceOf(frame)))
    const policy = container['restartPolicy']
    if (policy !== undefined && policy !== null && !restartPolicies.includes(textOf(policy)))
      found.push(notSupported(`${at}.restartPolicy`, policy, restartPolicies))
    return found
  })
  return [...errors, ...hostPortConflicts(containers, path)]
}

const restartPolicies = ['Always', 'Never', 'OnFailure']
const startFields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']

/** Checks the containers that run before, or beside the others where they restart always. */
export function validateInitContainers(frame: PodFrame, field: string): FieldError[] {
  const names = new Set(fieldsList(frame.spec['containers']).map((container) => textOf(container['name'])))
  return fieldsList(frame.spec['initContainers']).flatMap((container, index) => {
    const path = `${field}.initContainers[${index}]`
    const errors = validateCommon(container, path, frame)
    const policy = container['restartPolicy']
    if (policy !== undefined && policy !== null && !restartPolicies.includes(textOf(policy)))
      errors.push(notSupported(`${path}.restartPolicy`, policy, restartPolicies))
    const name = textOf(container['name'])
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    else if (name !== '') names.add(name)
    errors.push(...hostPortConflicts([container], `${field}.initContainers`))
    if (policy === 'Always') {
      errors.push(...validateLifecycle(container['lifecycle'], `${path}.lifecycle`, graceOf(frame)))
      return [...errors, ...validateProbes(container, path, graceOf(frame))]
    }
    for (const given of startFields)
      if (isFields(container[given]))
        errors.push(forbidden(`${path}.${given}`, 'may not be set for init containers without restartPolicy=Always'))
    return errors
  })
}

const notEphemeral = [
  'ports',
  'resources',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
]

/** Checks the containers by which people look into a running pod. */
export function validateEphemeralContainers(frame: PodFrame, field: string): FieldError[] {
  const others = new Set(
    ['containers', 'initContainers'].flatMap((list) =>
      fieldsList(frame.spec[list]).map((container) => textOf(container['name'])),
    ),
  )
  const names = new Set(others)
  return fieldsList(frame.spec['ephemeralContainers']).flatMap((container, index) => {
    const path = `${field}.ephemeralContainers[${index}]`
    const errors = validateCommon(container, path, frame)
    const name = textOf(container['name'])
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    names.add(name)
    const target = textOf(container['targetContainerName'])
    if (target !== '' && !others.has(target)) errors.push(notFound(`${path}.targetContainerName`, target))
    for (const given of notEphemeral) {
      const value = container[given]
      if (isSet(value) && !(isFields(value) && Object.keys(value).length === 0))
        errors.push(forbidden(`${path}.${given}`, 'cannot be set for an Ephemeral Container'))
    }
    fieldsList(container['volumeMounts']).forEach((mount, position) => {
      for (const part of ['subPath', 'subPathExpr'])
        if (isSet(mount[part]))
          errors.push(
            forbidden(`${path}.volumeMounts[${position}].${part}`, 'cannot be set for an Ephemeral Container'),
          )
    })
    return errors
  })
}

function validateCommon(container: Fields, path: string, frame: PodFrame): FieldError[] {
  const name = textOf(container['name'])
  const errors = name === '' ? [required(`${path}.name`)] : invalidAll(`${path}.name`, name, dnsLabel(name))
  errors.push(...validateImage(container, path, frame.isPod))
  errors.push(...validateContainerPorts(container['ports'], `${path}.ports`))
  errors.push(...validateEnv(container['env'], `${path}.env`))
  errors.push(...validateEnvFrom(container['envFrom'], `${path}.envFrom`))
  errors.push(...validateMounts(container, `${path}.volumeMounts`, frame.volumes))
  errors.push(...validateDevices(container, `${path}.volumeDevices`, frame.volumes))
  errors.push(...validatePullPolicy(container['imagePullPolicy'], `${path}.imagePullPolicy`))
  errors.push(...validateResources(container['resources'], `${path}.resources`))
  errors.push(...validateResizePolicy(container['resizePolicy'], `${path}.resizePolicy`, frame))
  errors.push(...validateContainerSecurity(container['securityContext'], `${path}.securityContext`))
  return errors
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never']
const messagePolicies = ['File', 'FallbackToLogsOnError']

function validatePullPolicy(policy: unknown, field: string): FieldError[] {
  if (!isSet(policy)) return [required(field)]
  return pullPolicies.includes(textOf(policy)) ? [] : [notSupported(field, policy, pullPolicies)]
}

function validateImage(container: Fields, path: string, isPod: boolean): FieldError[] {
  const errors: FieldError[] = []
  const image = textOf(container['image'])
  if (image === '') errors.push(required(`${path}.image`))
  // Templates may still say what is no image: others replace it.
  else if (isPod && image !== image.trim())
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'))
  const message = container['terminationMessagePolicy']
  if (isSet(message) && !messagePolicies.includes(textOf(message)))
    errors.push(notSupported(`${path}.terminationMessagePolicy`, message, messagePolicies))
  return errors
}

const resizable = ['cpu', 'memory']
const resizePolicies = ['NotRequired', 'RestartContainer']

function validateResizePolicy(policies: unknown, field: string, frame: PodFrame): FieldError[] {
  const seen = new Set<string>()
  return fieldsList(policies).flatMap((policy, index) => {
    const errors: FieldError[] = []
    const name = textOf(policy['resourceName'])
    const restart = textOf(policy['restartPolicy'])
    if (seen.has(name)) errors.push(duplicate(`${field}[${index}]`, name))
    seen.add(name)
    if (name === '') errors.push(required(field))
    else if (!resizable.includes(name)) errors.push(notSupported(field, name, resizable))
    if (restart === '') errors.push(required(field))
    else if (!resizePolicies.includes(restart)) errors.push(notSupported(field, restart, resizePolicies))
    if (frame.spec['restartPolicy'] === 'Never' && restart !== 'NotRequired')
      errors.push(invalid(field, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
    return errors
  })
}

/** The transports that ports know. */
export const protocols = ['SCTP', 'TCP', 'UDP']

function validateContainerPorts(ports: unknown, field: string): FieldError[] {
  const names = new Set<string>()
  return fieldsList(ports).flatMap((port, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const name = textOf(port['name'])
    if (name !== '') {
      const complaints = portName(name)
      errors.push(...invalidAll(`${path}.name`, name, complaints))
      if (complaints.length === 0 && names.has(name)) errors.push(duplicate(`${path}.name`, name))
      names.add(name)
    }
    const number = numberOf(port['containerPort']) ?? 0
    if (number === 0) errors.push(required(`${path}.containerPort`))
    else errors.push(...invalidAll(`${path}.containerPort`, number, portNumber(number)))
    const host = numberOf(port['hostPort']) ?? 0
    if (host !== 0) errors.push(...invalidAll(`${path}.hostPort`, host, portNumber(host)))
    if (!isSet(port['protocol'])) errors.push(required(`${path}.protocol`))
    else if (!protocols.includes(textOf(port['protocol'])))
      errors.push(notSupported(`${path}.protocol`, port['protocol'], protocols))
    return errors
  })
}

function hostPortConflicts(containers: readonly Fields[], field: string): FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap((container, index) =>
    fieldsList(container['ports']).flatMap((port, position) => {
      const number = numberOf(port['hostPort']) ?? 0
      if (number === 0) return []
      const key = `${textOf(port['protocol'])}/${textOf(port['hostIP'])}/${number}`
      if (taken.has(key)) return [duplicate(`${field}[${index}].ports[${position}].hostPort`, key)]
      taken.add(key)
      return []
    }),
  )
}
