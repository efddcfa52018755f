import type { KubeObject } from '@flotilla/shared/k8s/object'
import { secretText } from '../applications/clusters.ts'

export interface AccountToken {
  readonly id: string
  readonly iat: number
  readonly exp?: number
}

/** A local account, as argocd-cm and argocd-secret describe it. */
export interface Account {
  readonly name: string
  readonly enabled: boolean
  readonly capabilities: readonly string[]
  readonly passwordHash: string | undefined
  /** Seconds since the epoch. */
  readonly passwordSince: number
  readonly tokens: readonly AccountToken[]
}

/** One account by name; undefined where there is none. */
export function accountOf(
  name: string,
  cm: Readonly<Record<string, string>>,
  secret: KubeObject | undefined,
): Account | undefined {
  const declared = cm[`accounts.${name}`]
  if (name !== 'admin' && declared === undefined) return undefined
  const prefix = name === 'admin' ? 'admin' : `accounts.${name}`
  const capabilities = (declared ?? 'login').split(',').map((each) => each.trim())
  const since = Date.parse(secretText(secret, `${prefix}.passwordMtime`) ?? '')
  return {
    name,
    enabled: cm[`${prefix}.enabled`] !== 'false',
    capabilities: capabilities.filter((each) => each === 'login' || each === 'apiKey'),
    passwordHash: secretText(secret, `${prefix}.password`),
    passwordSince: Number.isNaN(since) ? 0 : Math.floor(since / 1000),
    tokens: tokensOf(secretText(secret, name === 'admin' ? 'admin.tokens' : `${prefix}.tokens`)),
  }
}

/** The names of all accounts, `admin` first. */
export function accountNames(cm: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(cm).flatMap((key) => {
    const match = /^accounts\.([^.]+)$/.exec(key)
    return match?.[1] && match[1] !== 'admin' ? [match[1]] : []
  })
  return ['admin', ...names]
}

function tokensOf(text: string | undefined): readonly AccountToken[] {
  if (!text) return []
  try {
    return JSON.parse(text) as AccountToken[]
  } catch {
    return []
  }
}
