import type { KubeObject } from '../../k8s/object.ts'
import type { Clock } from '../../lang/clock.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { badRequest, conflict, invalid, notFound } from '../errors.ts'
import type { VirtualRequest } from '../hooks.ts'
import type { ObjectStore } from '../object-store.ts'
import { formatTime } from '../schema/time.ts'
import type { FieldError } from '../strategy.ts'
import { invalid as invalidField } from '../validation/field-errors.ts'
import { fieldsOf, listOf, numberOf, textOf } from '../validation/values.ts'
import type { BoundObject, ServiceAccountTokens, TokenWish } from './service-account-tokens.ts'

const group = 'authentication.k8s.io'
const shortest = 600
const longest = 2 ** 32

/** Answers `serviceaccounts/NAME/token`: a token of the account, as the request wants it. */
export async function requestToken(
  request: VirtualRequest,
  tokens: ServiceAccountTokens,
  store: ObjectStore,
  clock: Clock,
): Promise<KubeObject> {
  const { body, name, namespace } = request
  checkPlace(body, name, namespace)
  const account = (await store.get({ resource: 'serviceaccounts', namespace, name }))?.object
  if (!account) throw notFound(request.resource, name)
  const spec = fieldsOf(body['spec'])
  const given = listOf(spec['audiences']).map(textOf)
  const audiences = given.length === 0 ? tokens.audiences : given
  const expirationSeconds = numberOf(spec['expirationSeconds']) ?? 3600
  const errors = checkExpiration(expirationSeconds)
  if (errors.length > 0) throw invalid('TokenRequest', group, '', errors)
  const bound = await boundTo(spec['boundObjectRef'], request, store)
  const now = clock.now()
  const token = await tokens.issue({ account, audiences, expirationSeconds, ...bound })
  return {
    ...body,
    metadata: {
      ...body.metadata,
      name,
      namespace,
      uid: account.metadata.uid ?? '',
      creationTimestamp: formatTime(now),
    },
    spec: { audiences, expirationSeconds, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: { token, expirationTimestamp: formatTime(now + expirationSeconds * 1000) },
  }
}

function checkPlace({ metadata }: KubeObject, name: string, namespace: string): void {
  const wrong = (field: string, value: string, what: string) =>
    invalid('TokenRequest', group, name, [
      invalidField(`metadata.${field}`, value, `must match the service account ${what} if specified`),
    ])
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name)
    throw wrong('name', metadata.name, 'name')
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace)
    throw wrong('namespace', metadata.namespace, 'namespace')
}

function checkExpiration(seconds: number): FieldError[] {
  const field = 'spec.expirationSeconds'
  if (seconds < shortest) return [invalidField(field, seconds, 'may not specify a duration less than 10 minutes')]
  if (seconds > longest) return [invalidField(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
  return []
}

const kinds: Readonly<Record<string, string>> = dictionary({ Pod: 'pods', Secret: 'secrets', Node: 'nodes' })

async function boundTo(
  reference: unknown,
  request: VirtualRequest,
  store: ObjectStore,
): Promise<Pick<TokenWish, 'bound' | 'node'>> {
  if (reference === undefined || reference === null) return {}
  const ref = fieldsOf(reference)
  const [kind, name, uid] = [textOf(ref['kind']), textOf(ref['name']), textOf(ref['uid'])]
  const apiVersion = textOf(ref['apiVersion'])
  const plural = kinds[kind]
  if (apiVersion.includes('/') || plural === undefined) {
    const gv = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw badRequest(`cannot bind token to object of type ${gv}, Kind=${kind}`)
  }
  const namespace = kind === 'Node' ? '' : request.namespace
  const found = (await store.get({ resource: plural, namespace, name }))?.object
  if (!found) throw notFound({ group: '', plural }, name)
  const spec = fieldsOf(found['spec'])
  if (kind === 'Pod' && textOf(spec['serviceAccountName']) !== request.name)
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(request.name)} to pod running with different serviceaccount name.`,
    )
  if (uid !== '' && uid !== found.metadata.uid)
    throw conflict(
      { group: '', plural: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  const bound: BoundObject = { kind: kind as BoundObject['kind'], name, uid: found.metadata.uid ?? '' }
  const nodeName = kind === 'Pod' ? textOf(spec['nodeName']) : ''
  if (nodeName === '') return { bound }
  const node = (await store.get({ resource: 'nodes', namespace: '', name: nodeName }))?.object
  return { bound, node: { name: nodeName, ...(node?.metadata.uid === undefined ? {} : { uid: node.metadata.uid }) } }
}
