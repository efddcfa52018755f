import type { IncomingMessage } from 'node:http'
import type { Actor } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'

export const anonymous: Actor = { user: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Who sent a request, by bearer token; without one, nobody in particular. Throws a 401 where the token is unknown. */
export function bearer(request: Pick<IncomingMessage, 'headers'>, tokens: ReadonlyMap<string, Actor>): Actor {
  const header = request.headers.authorization
  if (header === undefined) return anonymous
  const actor = tokens.get(header.replace(/^Bearer\s+/i, ''))
  if (!actor) throw new StatusError(401, 'Unauthorized', 'Unauthorized')
  return actor
}

/** Whom a request wants to act as; undefined: as its sender. Throws a 400 where no user is named. */
export function impersonated({ headers }: Pick<IncomingMessage, 'headers'>): Actor | undefined {
  const user = textOf(headers['impersonate-user'])
  const groups = textOf(headers['impersonate-group'])
    .split(/,\s*/)
    .filter((name) => name !== '')
  const uid = textOf(headers['impersonate-uid'])
  if (user === '') {
    if (groups.length === 0 && uid === '') return undefined
    const printed = groups.map((name) => JSON.stringify(name)).join(', ')
    throw new StatusError(
      400,
      'BadRequest',
      `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:[]string{${printed}}, Extra:map[string][]string(nil)} without impersonating a user name`,
    )
  }
  const extra = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('impersonate-extra-')
        ? [[decodeURIComponent(name.slice('impersonate-extra-'.length)), textOf(value).split(/,\s*/)]]
        : [],
    ),
  )
  return {
    user,
    groups: groupsOf(user, groups),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function groupsOf(user: string, groups: readonly string[]): string[] {
  if (user === anonymous.user) return ['system:unauthenticated']
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user) ?? []
  const implied =
    namespace !== undefined && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : groups
  return [...new Set([...implied, 'system:authenticated'])]
}

const textOf = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join(', ') : (value ?? '')
