import type { VirtualRequest } from '@flotilla/shared/apiserver/hooks'
import { authorize, grantsOf, type RbacObjects } from '@flotilla/shared/apiserver/access/rbac'
import type { Actor } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { timestamp } from '../controllers/conditions.ts'

interface AccessSpec {
  readonly user?: string
  readonly groups?: readonly string[]
  readonly namespace?: string
  readonly resourceAttributes?: Readonly<Partial<Record<string, string>>>
  readonly nonResourceAttributes?: Readonly<Partial<Record<string, string>>>
}

/** Answers reviews: who somebody is, and what they may. Undefined: not a review. */
export async function review(
  request: VirtualRequest,
  load: () => Promise<RbacObjects>,
  now: number,
): Promise<KubeObject | undefined> {
  const { body, actor, resource } = request
  const spec = (body['spec'] ?? {}) as AccessSpec
  switch (resource.plural) {
    case 'selfsubjectreviews': {
      const { user: username, uid, groups, extra } = actor
      const userInfo = { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra ? { extra } : {}) }
      return { ...body, metadata: { creationTimestamp: timestamp(now) }, status: { userInfo } }
    }
    case 'selfsubjectaccessreviews':
      return { ...body, status: accessOf(actor, spec, await load()) }
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews': {
      const subject: Actor = { user: spec.user ?? '', groups: spec.groups ?? [] }
      return { ...body, status: accessOf(subject, spec, await load()) }
    }
    case 'selfsubjectrulesreviews': {
      const namespace = spec.namespace ?? ''
      if (namespace === '') throw new StatusError(400, 'BadRequest', 'no namespace on request')
      return { ...body, metadata: {}, spec: {}, status: rulesFor(actor, namespace, await load()) }
    }
    default:
      return undefined
  }
}

function accessOf(actor: Actor, spec: AccessSpec, objects: RbacObjects) {
  const { resourceAttributes: wanted, nonResourceAttributes: url } = spec
  if ((wanted === undefined) === (url === undefined)) throw eitherOr(spec)
  const decision = authorize(
    actor,
    {
      verb: wanted?.['verb'] ?? url?.['verb'] ?? '',
      group: wanted?.['group'] ?? '',
      resource: wanted?.['resource'] ?? '',
      subresource: wanted?.['subresource'] ?? '',
      name: wanted?.['name'] ?? '',
      namespace: wanted?.['namespace'] ?? '',
      path: url?.['path'] ?? '',
      isResource: wanted !== undefined,
    },
    objects,
  )
  return { allowed: decision.allowed, ...(decision.reason === undefined ? {} : { reason: decision.reason }) }
}

function eitherOr({ nonResourceAttributes: url }: AccessSpec): StatusError {
  const field = url ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes'
  const message = url
    ? `Invalid value: ${JSON.stringify({ Path: url['path'] ?? '', Verb: url['verb'] ?? '' })}: cannot be specified in combination with resourceAttributes`
    : 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return new StatusError(422, 'Invalid', `.authorization.k8s.io "" is invalid: ${field}: ${message}`, {
    group: 'authorization.k8s.io',
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  })
}

function rulesFor(actor: Actor, namespace: string, objects: RbacObjects) {
  const rules = grantsOf(actor, namespace, objects).map(({ rule }) => rule)
  const pick = (keys: readonly string[]) =>
    rules
      .filter((rule) => keys.some((key) => key !== 'verbs' && Array.isArray(rule[key])))
      .map((rule) => Object.fromEntries(keys.flatMap((key) => (Array.isArray(rule[key]) ? [[key, rule[key]]] : []))))
  return {
    resourceRules: pick(['verbs', 'apiGroups', 'resources', 'resourceNames']),
    nonResourceRules: pick(['verbs', 'nonResourceURLs']),
    incomplete: false,
  }
}
