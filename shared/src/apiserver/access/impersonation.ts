import type { Decision, RequestInfo } from '../api-server.ts'
import { forbidden } from '../errors.ts'
import type { Actor } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import { accountGroups, accountOfUser, anonymous, authenticated, withAuthenticated } from './identity.ts'
import { byKey } from '../../lang/order.ts'

/** Headers by name, each with all of its values. */
export type HeaderValues = Readonly<Record<string, readonly string[] | undefined>>

interface Wanted {
  readonly user: string
  readonly groups: readonly string[]
  readonly uid: string
  readonly extra: Readonly<Record<string, readonly string[]>>
}

const extraPrefix = 'impersonate-extra-'

function wantedOf(headers: HeaderValues): Wanted | undefined {
  const user = headers['impersonate-user']?.[0] ?? ''
  const groups = headers['impersonate-group'] ?? []
  const uid = headers['impersonate-uid']?.[0] ?? ''
  const extra = Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) =>
      name.startsWith(extraPrefix) && values ? [[unescapeKey(name.slice(extraPrefix.length)), values]] : [],
    ),
  )
  if (user === '' && groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return undefined
  return { user, groups, uid, extra }
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** Whom a request wants to act as; undefined: as its sender. Throws a 400 where no user is named. */
export function impersonated(headers: HeaderValues): Actor | undefined {
  const wanted = wantedOf(headers)
  if (!wanted) return undefined
  const { user, groups, uid, extra } = wanted
  if (user === '')
    throw new StatusError(
      400,
      'BadRequest',
      `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${goStrings(groups)}, Extra:${goExtra(extra)}} without impersonating a user name`,
    )
  return {
    user,
    groups: groupsOf(user, groups),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function groupsOf(user: string, groups: readonly string[]): readonly string[] {
  if (user === anonymous.user) return [...new Set([...groups, ...anonymous.groups])]
  const account = groups.length === 0 ? accountOfUser(user) : undefined
  return withAuthenticated(account ? accountGroups(account.namespace) : [...new Set(groups)])
}

const goStrings = (list: readonly string[]): string =>
  list.length === 0 ? '[]string(nil)' : `[]string{${list.map((item) => JSON.stringify(item)).join(', ')}}`

function goExtra(extra: Wanted['extra']): string {
  const entries = Object.entries(extra).sort(byKey)
  if (entries.length === 0) return 'map[string][]string(nil)'
  return `map[string][]string{${entries.map(([key, values]) => `${JSON.stringify(key)}:${goStrings(values)}`).join(', ')}}`
}

type Question = Pick<RequestInfo, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>

/** Everything that one must be allowed to impersonate to act as somebody. */
function questions(other: Actor): Question[] {
  const ask = (part: Partial<Question>): Question => ({
    group: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    ...part,
  })
  const group = 'authentication.k8s.io'
  const account = accountOfUser(other.user)
  const implied = new Set(account ? accountGroups(account.namespace) : [])
  return [
    account ? ask({ resource: 'serviceaccounts', ...account }) : ask({ resource: 'users', name: other.user }),
    ...other.groups
      .filter((name) => name !== authenticated && !implied.has(name) && !anonymous.groups.includes(name))
      .map((name) => ask({ resource: 'groups', name })),
    ...Object.entries(other.extra ?? {}).flatMap(([key, values]) =>
      values.map((name) => ask({ group, resource: 'userextras', subresource: key, name })),
    ),
    ...(other.uid === undefined ? [] : [ask({ group, resource: 'uids', name: other.uid })]),
  ]
}

/** Throws a 403 unless `actor` may act as `other` in every respect. */
export async function checkImpersonation(
  actor: Actor,
  other: Actor,
  authorize: (actor: Actor, attributes: Question & { readonly verb: string }) => Promise<Decision> | Decision,
): Promise<void> {
  for (const question of questions(other)) {
    const decision = await authorize(actor, { ...question, verb: 'impersonate' })
    if (decision.allowed) continue
    const { group, resource, subresource, namespace, name } = question
    const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`)
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
    const why = decision.reason ? `: ${decision.reason}` : ''
    throw forbidden(
      { group, plural: resource },
      name,
      `User ${JSON.stringify(actor.user)} cannot impersonate resource ${what} in API group ${JSON.stringify(group)} ${where}${why}`,
    )
  }
}
