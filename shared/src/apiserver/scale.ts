import type { KubeObject } from '../k8s/object.ts'
import { isObject, jsonClone } from '../lang/json.ts'
import { badRequest, conflict, invalid, modified } from './errors.ts'
import type { Resource, ScalePaths } from './resource.ts'
import { formatSelector } from './validation/labels.ts'
import type { Change, WriteRequest } from './write.ts'
import { StatusError } from './status-error.ts'
import { checkIdentity } from './write.ts'

const builtin: ScalePaths = {
  specReplicas: '.spec.replicas',
  statusReplicas: '.status.replicas',
  labelSelector: '.spec.selector',
}

function read(object: KubeObject, path: string): unknown {
  let value: unknown = object
  for (const name of path.split('.').slice(1)) value = isObject(value) ? value[name] : undefined
  return value
}

/** The scale of an object as it is read: without a number of replicas a custom resource has none. */
export function readWholeScale(resource: Resource, object: KubeObject): KubeObject {
  const path = (resource.scalePaths ?? builtin).specReplicas
  if (resource.custom && read(object, path) === undefined)
    throw unreadable(`the spec replicas field ${JSON.stringify(path)} does not exist`)
  return readScale(resource, object)
}

const unreadable = (problem: string): StatusError =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${problem}`, { causes: [{ message: problem }] })

/** The scale of an object. */
export function readScale(resource: Resource, object: KubeObject): KubeObject {
  const paths = resource.scalePaths ?? builtin
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = paths.labelSelector === undefined ? undefined : read(object, paths.labelSelector)
  const text = typeof selector === 'string' ? selector : selector === undefined ? '' : selectorText(selector)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: { ...number('replicas', read(object, paths.specReplicas), 0) },
    status: { replicas: Number(read(object, paths.statusReplicas) ?? 0), ...(text === '' ? {} : { selector: text }) },
  }
}

function selectorText(selector: unknown): string {
  if (isObject(selector) && !('matchLabels' in selector) && !('matchExpressions' in selector))
    return Object.entries(selector)
      .map(([key, value]) => `${key}=${String(value)}`)
      .sort()
      .join(',')
  return formatSelector(selector)
}

function number(name: string, value: unknown, zero: number): Record<string, number> {
  return typeof value === 'number' && value !== zero ? { [name]: value } : {}
}

/** Where an object keeps how many replicas it wants. */
export const replicasPath = (resource: Resource): readonly string[] =>
  (resource.scalePaths ?? builtin).specReplicas.split('.').slice(1)

/** What a written scale makes of its object. */
export function scaleChange(request: WriteRequest, live: KubeObject, scale: KubeObject): Change {
  if (scale.kind !== undefined && scale.kind !== '' && scale.kind !== 'Scale')
    throw badRequest(
      `${scale.kind} in version "${request.resource.version}" cannot be handled as a Scale: converting (${request.resource.version}.${scale.kind}) to (autoscaling.Scale): unknown conversion`,
    )
  checkIdentity(request, scale)
  const { resourceVersion, uid } = scale.metadata
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== live.metadata.resourceVersion)
    throw conflict(request.resource, request.name, modified)
  void uid
  const spec = isObject(scale['spec']) ? scale['spec'] : {}
  const replicas = typeof spec['replicas'] === 'number' ? spec['replicas'] : 0
  const { resource } = request
  if (replicas < 0 && resource.custom)
    throw invalid(resource.kind, resource.group, request.name, [
      {
        reason: 'FieldValueInvalid',
        field: (resource.scalePaths ?? builtin).specReplicas,
        message: `Invalid value: ${replicas}: should be a non-negative integer`,
      },
    ])
  if (replicas < 0)
    throw invalid('Scale', 'autoscaling', request.name, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.replicas',
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      },
    ])
  const next = withReplicas(request.resource, live, replicas)
  return { next, retry: resourceVersion === undefined || resourceVersion === '' }
}

/** The object with another number of replicas. */
export function withReplicas(resource: Resource, object: KubeObject, replicas: number): KubeObject {
  const next = jsonClone(object)
  const path = replicasPath(resource)
  let at: Record<string, unknown> = next
  for (const name of path.slice(0, -1))
    at = (isObject(at[name]) ? at[name] : (at[name] = {})) as Record<string, unknown>
  at[path.at(-1) ?? 'replicas'] = replicas
  return next
}
