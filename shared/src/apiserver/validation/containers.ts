import type { FieldError } from '../strategy.ts'
import { duplicate, forbidden, invalid, invalidAll, notFound, notSupported, required } from './field-errors.ts'
import { configMapKey, dnsLabel, dnsSubdomain, envVarName, portName, portNumber } from './names.ts'
import { notNegative, portNumberOrName } from './numbers.ts'
import { validateResources } from './resources.ts'
import { fieldsList, fieldsOf, isFields, isSet, numberOf, textOf, type Fields } from './values.ts'

/** Checks a list of containers; `volumes` are the names they may mount. */
export function validateContainers(
  containers: unknown,
  field: string,
  volumes: ReadonlySet<string>,
  taken: Set<string>,
): FieldError[] {
  return fieldsList(containers).flatMap((container, index) => {
    const path = `${field}[${index}]`
    const errors = validateName(container, path, taken)
    errors.push(...validateImage(container, path))
    errors.push(...validateContainerPorts(container['ports'], `${path}.ports`))
    errors.push(...validateEnv(container['env'], `${path}.env`))
    errors.push(...validateEnvFrom(container['envFrom'], `${path}.envFrom`))
    errors.push(...validateMounts(container['volumeMounts'], `${path}.volumeMounts`, volumes))
    errors.push(...validateProbes(container, path))
    errors.push(...validateLifecycle(container['lifecycle'], `${path}.lifecycle`))
    errors.push(...validateResources(container['resources'], `${path}.resources`))
    return errors
  })
}

function validateName(container: Fields, path: string, taken: Set<string>): FieldError[] {
  const name = textOf(container['name'])
  if (name === '') return [required(`${path}.name`)]
  const errors = invalidAll(`${path}.name`, name, dnsLabel(name))
  if (taken.has(name)) errors.push(duplicate(`${path}.name`, name))
  taken.add(name)
  return errors
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never']
const messagePolicies = ['FallbackToLogsOnError', 'File']

function validateImage(container: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const image = textOf(container['image'])
  if (image === '') errors.push(required(`${path}.image`))
  else if (image !== image.trim())
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'))
  const policy = container['imagePullPolicy']
  if (isSet(policy) && !pullPolicies.includes(textOf(policy))) {
    errors.push(notSupported(`${path}.imagePullPolicy`, policy, pullPolicies))
  }
  const message = container['terminationMessagePolicy']
  if (isSet(message) && !messagePolicies.includes(textOf(message))) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, message, messagePolicies))
  }
  return errors
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
    if (!protocols.includes(textOf(port['protocol']))) {
      errors.push(notSupported(`${path}.protocol`, port['protocol'], protocols))
    }
    return errors
  })
}

const envSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef']
const envFieldPaths = new Set([
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
])
const sortedFieldPaths = [...envFieldPaths].sort()
const knownFieldPaths = new Set([
  ...envFieldPaths,
  'metadata.labels',
  'metadata.annotations',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.hostNetwork',
  'status.phase',
  'status.nominatedNodeName',
])

function validateEnv(env: unknown, field: string): FieldError[] {
  return fieldsList(env).flatMap((variable, index) => {
    const path = `${field}[${index}]`
    const name = textOf(variable['name'])
    const errors = name === '' ? [required(`${path}.name`)] : invalidAll(`${path}.name`, name, envVarName(name))
    if (isFields(variable['valueFrom'])) {
      errors.push(...validateEnvSource(variable['valueFrom'], textOf(variable['value']), `${path}.valueFrom`))
    }
    return errors
  })
}

function validateEnvSource(source: Fields, value: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  const given = envSources.filter((kind) => isFields(source[kind]))
  if (isFields(source['fieldRef'])) errors.push(...validateFieldRef(source['fieldRef'], `${path}.fieldRef`))
  for (const kind of ['configMapKeyRef', 'secretKeyRef']) {
    if (!isFields(source[kind])) continue
    if (!isSet(source[kind]['name'])) errors.push(required(`${path}.${kind}.name`))
    const key = textOf(source[kind]['key'])
    if (key === '') errors.push(required(`${path}.${kind}.key`))
    else errors.push(...invalidAll(`${path}.${kind}.key`, key, configMapKey(key)))
  }
  if (isFields(source['resourceFieldRef']) && !isSet(source['resourceFieldRef']['resource'])) {
    errors.push(required(`${path}.resourceFieldRef.resource`))
  }
  if (given.length === 0) {
    const list = envSources
      .slice(0, -1)
      .map((kind) => `\`${kind}\``)
      .join(', ')
    errors.push(invalid(path, '', `must specify one of: ${list} or \`fileKeyRef\``))
  } else if (value !== '') errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  return errors
}

function validateFieldRef(reference: Fields, path: string): FieldError[] {
  const fieldPath = textOf(reference['fieldPath'])
  if (!isSet(reference['apiVersion'])) return [required(`${path}.apiVersion`)]
  if (fieldPath === '') return [required(`${path}.fieldPath`)]
  if (/^metadata\.(labels|annotations)\['[^']+'\]$/.test(fieldPath)) return []
  if (!knownFieldPaths.has(fieldPath)) {
    return [
      invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`),
    ]
  }
  if (envFieldPaths.has(fieldPath)) return []
  return [notSupported(`${path}.fieldPath`, fieldPath, sortedFieldPaths)]
}

function validateEnvFrom(sources: unknown, field: string): FieldError[] {
  return fieldsList(sources).flatMap((source, index) => {
    const path = `${field}[${index}]`
    const given = ['configMapRef', 'secretRef'].filter((kind) => isFields(source[kind]))
    const errors: FieldError[] = []
    const prefix = textOf(source['prefix'])
    if (prefix !== '') errors.push(...invalidAll(`${path}.prefix`, prefix, envVarName(prefix)))
    if (given.length === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (given.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
    for (const kind of given) {
      const name = textOf(fieldsOf(source[kind])['name'])
      if (name === '') errors.push(required(`${path}.${kind}.name`))
      else errors.push(...invalidAll(`${path}.${kind}.name`, name, dnsSubdomain(name)))
    }
    return errors
  })
}

function validateMounts(mounts: unknown, field: string, volumes: ReadonlySet<string>): FieldError[] {
  const paths = new Set<string>()
  return fieldsList(mounts).flatMap((mount, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const name = textOf(mount['name'])
    if (name === '') errors.push(required(`${path}.name`))
    else if (!volumes.has(name)) errors.push(notFound(`${path}.name`, name))
    const mountPath = textOf(mount['mountPath'])
    if (mountPath === '') errors.push(required(`${path}.mountPath`))
    if (paths.has(mountPath)) errors.push(invalid(`${path}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    const subPath = textOf(mount['subPath'])
    if (subPath.startsWith('/')) errors.push(invalid(`${path}.subPath`, subPath, 'must be a relative path'))
    if (subPath.split('/').includes('..')) errors.push(invalid(`${path}.subPath`, subPath, "must not contain '..'"))
    return errors
  })
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep']

function validateHandler(handler: Fields, field: string): FieldError[] {
  const given = handlers.filter((kind) => isFields(handler[kind]))
  if (given.length === 0) return [required(field, 'must specify a handler type')]
  const errors = given.slice(1).map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type'))
  const first = given[0] ?? ''
  const value = fieldsOf(handler[first])
  if (first === 'exec' && !isSet(value['command'])) errors.push(required(`${field}.exec.command`))
  if (first === 'httpGet') {
    if (!isSet(value['path'])) errors.push(required(`${field}.httpGet.path`))
    errors.push(...portNumberOrName(value['port'], `${field}.httpGet.port`))
    if (!['HTTP', 'HTTPS'].includes(textOf(value['scheme']))) {
      errors.push(notSupported(`${field}.httpGet.scheme`, value['scheme'], ['HTTP', 'HTTPS']))
    }
  }
  if (first === 'tcpSocket') errors.push(...portNumberOrName(value['port'], `${field}.tcpSocket.port`))
  if (first === 'grpc') {
    const port = numberOf(value['port']) ?? 0
    errors.push(...invalidAll(`${field}.grpc.port`, port, portNumber(port)))
  }
  return errors
}

function validateProbes(container: Fields, path: string): FieldError[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((kind) => {
    const probe = container[kind]
    if (!isFields(probe)) return []
    const field = `${path}.${kind}`
    const errors = validateHandler(probe, field)
    errors.push(
      ...notNegative(
        probe,
        field,
        'initialDelaySeconds',
        'timeoutSeconds',
        'periodSeconds',
        'successThreshold',
        'failureThreshold',
      ),
    )
    if (kind !== 'readinessProbe' && probe['successThreshold'] !== 1) {
      errors.push(invalid(`${field}.successThreshold`, probe['successThreshold'], 'must be 1'))
    }
    return errors
  })
}

function validateLifecycle(lifecycle: unknown, field: string): FieldError[] {
  return ['postStart', 'preStop'].flatMap((hook) => {
    const handler = fieldsOf(lifecycle)[hook]
    return isFields(handler) ? validateHandler(handler, `${field}.${hook}`) : []
  })
}
