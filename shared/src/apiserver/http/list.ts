import { scopeOf } from '../create-objects.ts'
import { badRequest, expired, invalid } from '../errors.ts'
import type { Machine } from '../hooks.ts'
import { StoreError } from '../object-store.ts'
import type { Stored } from '../object-store.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { Resource } from '../resource.ts'
import { keptMatcher } from '../selectors.ts'
import { StatusError } from '../status-error.ts'
import type { FieldError } from '../strategy.ts'
import { forbidden, notSupported } from '../validation/field-errors.ts'
import { fromStored } from '../write.ts'

export interface Page {
  readonly kept: readonly Stored[]
  readonly metadata: Record<string, unknown>
}

/** The objects of a page as their version shows them. */
export function itemsOf(resource: Resource, { kept }: Page): KubeObject[] {
  return kept.map((stored) => fromStored(resource, stored))
}

interface Continue {
  readonly v: string
  readonly rv: number
  readonly start: string
}

const decimal = /^\d+$/

/** An integer parameter, refused as Go's parser refuses it. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** The version that a list must have. Throws a 422 of options that do not go together. */
function checkMatch(query: URLSearchParams): string {
  const match = query.get('resourceVersionMatch') ?? ''
  const version = query.get('resourceVersion') ?? ''
  const field = 'resourceVersionMatch'
  const errors: FieldError[] = []
  if (match !== '') {
    if (version === '') errors.push(forbidden(field, `${field} is forbidden unless resourceVersion is provided`))
    if (query.get('continue')) errors.push(forbidden(field, `${field} is forbidden when continue is provided`))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && version === '0')
      errors.push(forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`))
  }
  if (query.get('sendInitialEvents') !== null)
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  if (errors.length > 0) throw invalid('ListOptions', 'meta.k8s.io', '', errors)
  return match
}

/** A list as the query asks: selectors, pages of one snapshot, resourceVersion. */
export async function listPage(
  machine: Machine,
  resource: Resource,
  namespace: string,
  query: URLSearchParams,
): Promise<Page> {
  const limit = Math.max(integer(query, 'limit') ?? 0, 0)
  const match = checkMatch(query)
  const version = query.get('resourceVersion') ?? ''
  if (version !== '' && !decimal.test(version))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    )
  const current = await machine.store.revision()
  if (version !== '' && Number(version) > Number(current)) throw tooLarge(version, current)
  const scope = scopeOf(resource, { ...resource, resource: resource.plural, namespace })
  const matches = keptMatcher(resource, {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
  })
  const token = decodeContinue(query.get('continue'))
  const at = token ? String(token.rv) : match === 'Exact' ? version : undefined
  const after = token && {
    namespace: token.start.slice(0, token.start.indexOf('/')),
    name: token.start.slice(token.start.indexOf('/') + 1),
  }
  try {
    const listing = await machine.store.list(scope, {
      ...(at === undefined ? {} : { at }),
      ...(after ? { after } : {}),
      ...(limit > 0 && !matches ? { limit } : {}),
    })
    const all = listing.items
    const matching = matches ? all.filter(matches) : all
    const kept = limit > 0 ? matching.slice(0, limit) : matching
    const remaining = matches ? matching.length - kept.length : listing.remaining
    const last = kept.at(-1)
    const metadata: Record<string, unknown> = { resourceVersion: listing.revision }
    if (remaining > 0 && last) {
      metadata['continue'] = encodeContinue(listing.revision, last)
      // With a selector the server does not count what is left.
      if (!matches) metadata['remainingItemCount'] = remaining
    }
    return { kept, metadata }
  } catch (error) {
    if (error instanceof StoreError && error.reason === 'RevisionGone')
      throw expired(
        token
          ? 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'
          : `The resourceVersion for the provided list is too old.`,
      )
    throw error
  }
}

function tooLarge(version: string, current: string): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

function encodeContinue(revision: string, { key }: Stored): string {
  const token: Continue = {
    v: 'meta.k8s.io/v1',
    rv: Number(revision),
    start: `${key.namespace}/${key.name}`,
  }
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function decodeContinue(text: string | null): Continue | undefined {
  if (!text) return undefined
  const decoded = Buffer.from(text, 'base64url').toString('latin1')
  let token: Partial<Continue>
  try {
    token = JSON.parse(decoded) as Partial<Continue>
  } catch {
    const first = decoded[0] ?? ''
    const shown = first < ' ' || first > '~' ? `\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}` : first
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${shown}' looking for beginning of value`,
    )
  }
  if (token.v !== 'meta.k8s.io/v1')
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version ${String(token.v)}`,
    )
  if (!token.rv)
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    )
  if (!token.start)
    throw badRequest(
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    )
  return token as Continue
}
