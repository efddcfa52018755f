import { globMatch } from '../lang/glob.ts'
import type { SyncSettings } from '../protocol/desired.ts'

/** As whom an application's objects are written, and why they must not be where nobody is named. */
export interface Identity {
  /** `system:serviceaccount:NAMESPACE:NAME`; absent: as the agent itself. */
  readonly user?: string
  /** Nothing may be written as long as this holds. */
  readonly error?: string
}

interface Rule {
  readonly server?: string
  readonly namespace?: string
  readonly defaultServiceAccount?: string
}

export const impersonationKeys: readonly string[] = [
  'application.sync.impersonation.enabled',
  'application.sync.impersonation.enforced',
]

/** What cannot be in the name of an account. */
const disallowed = /[!*[\]{}\\/]/

/**
 * The service account that a project names for an application's destination, where the settings have syncs run by such.
 * `home` is the namespace of the Application, in which an account is looked for where the destination has none.
 */
export function identityOf(
  settings: Pick<SyncSettings, 'argocdCm' | 'projectSpec' | 'destination' | 'cluster'>,
  home: string,
  { enforce = true } = {},
): Identity {
  const [enabled = '', enforced = ''] = impersonationKeys
  if (settings.argocdCm[enabled] !== 'true') return {}
  const server = settings.cluster?.server ?? settings.destination.server ?? ''
  const { namespace = '' } = settings.destination
  const rules = (settings.projectSpec['destinationServiceAccounts'] ?? []) as readonly Rule[]
  const rule = rules.find((one) => globMatch(one.server ?? '', server) && globMatch(one.namespace ?? '', namespace))
  if (rule) {
    const { defaultServiceAccount: account = '' } = rule
    if (account.trim() === '' || disallowed.test(account)) {
      return { error: `default service account contains invalid chars '${account}'` }
    }
    const name = account.includes(':') ? account : `${namespace === '' ? home : namespace}:${account}`
    return { user: `system:serviceaccount:${name}` }
  }
  if (!enforce || settings.argocdCm[enforced] === 'false') return {}
  return { error: `no matching service account found for destination server ${server} and namespace ${namespace}` }
}
