import { label } from '@flotilla/shared/argo/annotations'
import type { KubeObject } from '@flotilla/shared/k8s/object'

/** How to speak to one repository. */
export interface RepositoryCredentials {
  readonly url: string
  readonly type: 'git' | 'helm' | 'oci'
  readonly name?: string | undefined
  readonly project?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly bearerToken?: string | undefined
  readonly sshPrivateKey?: string | undefined
  readonly insecure: boolean
  readonly tlsClientCertData?: string | undefined
  readonly tlsClientCertKey?: string | undefined
  readonly proxy?: string | undefined
  readonly noProxy?: string | undefined
  readonly enableOCI: boolean
}

export interface CredentialSet {
  /** Registered repositories. */
  readonly repositories: readonly RepositoryCredentials[]
  /** Templates for every repository below a URL. */
  readonly templates: readonly RepositoryCredentials[]
}

/** Reads Argo CD's repository Secrets (`argocd.argoproj.io/secret-type: repository | repo-creds`). */
export function credentialsFrom(secrets: readonly KubeObject[]): CredentialSet {
  const read = (type: string): RepositoryCredentials[] =>
    secrets.filter((secret) => secret.metadata.labels?.[label.secretType] === type).flatMap(readSecret)
  return { repositories: read('repository'), templates: read('repo-creds') }
}

function readSecret(secret: KubeObject): RepositoryCredentials[] {
  const field = (name: string): string | undefined => {
    const plain = (secret['stringData'] as Record<string, string> | undefined)?.[name]
    if (plain !== undefined) return plain
    const encoded = (secret['data'] as Record<string, string> | undefined)?.[name]
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').trim()
  }
  const url = field('url')
  if (!url) return []
  const type = field('type')
  return [
    {
      url,
      type: type === 'helm' || type === 'oci' ? type : 'git',
      name: field('name'),
      project: field('project'),
      username: field('username'),
      password: field('password'),
      bearerToken: field('bearerToken'),
      sshPrivateKey: field('sshPrivateKey'),
      insecure: field('insecure') === 'true' || field('insecureIgnoreHostKey') === 'true',
      tlsClientCertData: field('tlsClientCertData'),
      tlsClientCertKey: field('tlsClientCertKey'),
      proxy: field('proxy'),
      noProxy: field('noProxy'),
      enableOCI: field('enableOCI') === 'true',
    },
  ]
}

/** One spelling for one repository: no case, no `.git`, no slash at the end. */
export function normalizeUrl(url: string): string {
  return url
    .trim()
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
}

/**
 * The credentials for a URL: of the repository itself, completed from, or else taken from, the template with the
 * longest matching URL. A template for `https://host/org` is no template for `https://host/org-of-another`.
 */
export function credentialsFor(url: string, set: CredentialSet): RepositoryCredentials | undefined {
  const wanted = normalizeUrl(url)
  const own = set.repositories.find((each) => normalizeUrl(each.url) === wanted)
  if (own && hasSecret(own)) return own
  const template = set.templates
    .filter((each) => isBelow(wanted, normalizeUrl(each.url)))
    .sort((a, b) => b.url.length - a.url.length)[0]
  if (!template) return own
  if (!own) return { ...template, url }
  const proxied = own.proxy ? { proxy: own.proxy, noProxy: own.noProxy } : {}
  return { ...template, ...proxied, url, type: own.type, name: own.name, project: own.project, insecure: own.insecure }
}

function isBelow(url: string, prefix: string): boolean {
  return url === prefix || url.startsWith(`${prefix}/`)
}

function hasSecret(credentials: RepositoryCredentials): boolean {
  return [
    credentials.username,
    credentials.password,
    credentials.bearerToken,
    credentials.sshPrivateKey,
    credentials.tlsClientCertKey,
  ].some((value) => value !== undefined && value !== '')
}
