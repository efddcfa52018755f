import type { Actor } from '../objects.ts'

export const anonymous: Actor = { user: 'system:anonymous', groups: ['system:unauthenticated'] }
export const authenticated = 'system:authenticated'
const unauthenticated = 'system:unauthenticated'

/** The user that a service account acts as. */
export const accountUser = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`

/** The groups of all service accounts, and of those in one namespace. */
export const accountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
]

/** The service account behind a user's name, if there is one. */
export function accountOfUser(user: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

/** The groups with the one that all have who proved who they are. */
export function withAuthenticated(groups: readonly string[]): readonly string[] {
  return groups.includes(authenticated) || groups.includes(unauthenticated) ? groups : [...groups, authenticated]
}

/** Whom a token claims to be of; nobody has checked it: for logs, not for decisions. */
export function claimedUser(token: string): string | undefined {
  const [, payload] = token.split('.')
  if (payload === undefined) return undefined
  try {
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sub?: unknown }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}
