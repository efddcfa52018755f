import type { KubeObject } from '../../k8s/object.ts'
import type { Decision } from '../api-server.ts'
import { badRequest } from '../errors.ts'
import type { VirtualRequest } from '../hooks.ts'
import type { Actor } from '../objects.ts'
import { formatTime } from '../schema/time.ts'
import { StatusError } from '../status-error.ts'
import type { FieldError } from '../strategy.ts'
import { invalid } from '../validation/field-errors.ts'
import { fieldsOf, isFields, listOf, textOf, type Fields } from '../validation/values.ts'
import { grantsOf, type RbacObjects } from './rbac.ts'
import type { authorize } from './rbac.ts'

type Attributes = Parameters<typeof authorize>[1]

/** What reviews ask of the rest of the API. */
export interface ReviewWorld {
  now(): number
  decide(actor: Actor, attributes: Attributes): Promise<Decision>
  rbac(namespace: string): Promise<RbacObjects>
}

/** Answers reviews of access and identity. Undefined: it is none. */
export async function reviewAccess(request: VirtualRequest, world: ReviewWorld): Promise<KubeObject | undefined> {
  const { body, actor, resource } = request
  const spec = fieldsOf(body['spec'])
  switch (`${resource.plural}.${resource.group}`) {
    case 'selfsubjectreviews.authentication.k8s.io':
      return {
        ...body,
        metadata: { creationTimestamp: formatTime(world.now()) },
        status: { userInfo: userInfo(actor) },
      }
    case 'selfsubjectaccessreviews.authorization.k8s.io':
      refuse([...attributeErrors(spec), ...metadataErrors(body, false)])
      return { ...body, status: await decision(actor, spec, world) }
    case 'subjectaccessreviews.authorization.k8s.io':
      refuse([...subjectErrors(spec), ...metadataErrors(body, false)])
      return { ...body, status: await decision(subjectOf(spec), spec, world) }
    case 'localsubjectaccessreviews.authorization.k8s.io':
      return reviewLocally(request, spec, world)
    case 'selfsubjectrulesreviews.authorization.k8s.io': {
      const namespace = textOf(spec['namespace'])
      if (namespace === '') throw badRequest('no namespace on request')
      return { ...body, metadata: {}, spec: {}, status: rulesFor(actor, namespace, await world.rbac(namespace)) }
    }
    default:
      return undefined
  }
}

/** Who somebody is, as the reviews of authentication show it. */
export function userInfo({ user: username, uid, groups, extra }: Actor): Fields {
  return { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra ? { extra } : {}) }
}

async function reviewLocally(
  { body, namespace }: VirtualRequest,
  spec: Fields,
  world: ReviewWorld,
): Promise<KubeObject> {
  const wanted = spec['resourceAttributes']
  const errors = [...subjectErrors(spec), ...metadataErrors(body, true)]
  if (isFields(wanted) && wanted['namespace'] !== namespace)
    errors.push(
      invalid('spec.resourceAttributes.namespace', textOf(wanted['namespace']), 'must match metadata.namespace'),
    )
  if (spec['nonResourceAttributes'] !== undefined)
    errors.push(
      invalid(
        'spec.nonResourceAttributes',
        printUrl(spec['nonResourceAttributes']),
        'disallowed on this kind of request',
      ),
    )
  refuse(errors)
  return { ...body, status: await decision(subjectOf(spec), spec, world) }
}

function subjectOf(spec: Fields): Actor {
  const uid = textOf(spec['uid'])
  return {
    user: textOf(spec['user']),
    groups: listOf(spec['groups']).map(textOf),
    ...(uid === '' ? {} : { uid }),
  }
}

/** The name of the kind is left out: the API does not know it where it checks. */
function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return
  const texts = errors.map(({ field, message }) => `${field}: ${message}`)
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
  throw new StatusError(422, 'Invalid', `.authorization.k8s.io "" is invalid: ${list}`, {
    group: 'authorization.k8s.io',
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

function metadataErrors({ metadata }: KubeObject, namespaced: boolean): FieldError[] {
  const rest = Object.entries(metadata).filter(
    ([name, value]) =>
      name !== 'managedFields' && !(namespaced && name === 'namespace') && value !== '' && value !== null,
  )
  if (rest.length === 0) return []
  const { managedFields: _, ...shown } = metadata
  return [invalid('metadata', shown, namespaced ? 'must be empty except for namespace' : 'must be empty')]
}

const printUrl = (url: unknown): Fields => {
  const { path, verb } = fieldsOf(url)
  return { Path: textOf(path), Verb: textOf(verb) }
}

function attributeErrors(spec: Fields): FieldError[] {
  const { resourceAttributes: wanted, nonResourceAttributes: url } = spec
  if (wanted !== undefined && url !== undefined)
    return [
      invalid(
        'spec.nonResourceAttributes',
        printUrl(url),
        'cannot be specified in combination with resourceAttributes',
      ),
    ]
  if (wanted !== undefined || url !== undefined) return []
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalid('spec.resourceAttributes', null, why)]
}

function subjectErrors(spec: Fields): FieldError[] {
  const errors = attributeErrors(spec)
  if (textOf(spec['user']) === '' && listOf(spec['groups']).length === 0)
    errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'))
  return errors
}

async function decision(actor: Actor, spec: Fields, world: ReviewWorld): Promise<Fields> {
  const isResource = spec['resourceAttributes'] !== undefined
  const wanted = fieldsOf(isResource ? spec['resourceAttributes'] : spec['nonResourceAttributes'])
  const { allowed, reason } = await world.decide(actor, {
    verb: textOf(wanted['verb']),
    group: textOf(wanted['group']),
    resource: textOf(wanted['resource']),
    subresource: textOf(wanted['subresource']),
    name: textOf(wanted['name']),
    namespace: textOf(wanted['namespace']),
    path: textOf(wanted['path']),
    isResource,
  })
  return { allowed, ...(reason === undefined || reason === '' ? {} : { reason }) }
}

function rulesFor(actor: Actor, namespace: string, objects: RbacObjects): Fields {
  const rules = grantsOf(actor, namespace, objects).map(({ rule }) => rule)
  const shown = (kind: string, keys: readonly string[]): Fields[] =>
    rules
      .filter((rule) => listOf(rule[kind]).length > 0)
      .map((rule) =>
        Object.fromEntries(keys.flatMap((key) => (listOf(rule[key]).length > 0 ? [[key, rule[key]]] : []))),
      )
  return {
    resourceRules: shown('resources', ['verbs', 'apiGroups', 'resources', 'resourceNames']),
    nonResourceRules: shown('nonResourceURLs', ['verbs', 'nonResourceURLs']),
    incomplete: false,
  }
}
