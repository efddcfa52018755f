import { createHash } from 'node:crypto'
import { label } from '@flotilla/shared/argo/annotations'
import { controlNamespace, refOf, resources } from '@flotilla/shared/argo/resources'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { secretText } from '../applications/clusters.ts'
import type { Shape } from './spec-difference.ts'

/** A repository, or the credentials for all below a URL, as the API speaks of it. */
export type RepositoryBody = Readonly<Record<string, string | number | boolean | undefined>>
export type SecretType = 'repository' | 'repo-creds' | 'repo-write-creds'

/** Fields that may be shown; everything else is a secret. */
const shown = [
  'type', 'name', 'username', 'insecure', 'enableLfs', 'enableOCI', 'proxy', 'noProxy', 'project',
  'forceHttpBasicAuth', 'githubAppID', 'githubAppInstallationID', 'githubAppEnterpriseBaseUrl',
] as const // prettier-ignore
const secret = [
  'password', 'bearerToken', 'sshPrivateKey', 'tlsClientCertData', 'tlsClientCertKey', 'githubAppPrivateKey',
  'gcpServiceAccountKey', 'insecureIgnoreHostKey',
] as const // prettier-ignore
const flags: ReadonlySet<string> = new Set(['insecure', 'enableLfs', 'enableOCI', 'forceHttpBasicAuth'])
const numbers: ReadonlySet<string> = new Set(['githubAppID', 'githubAppInstallationID'])

/** The order in which Argo CD tells what differs. */
export const repositoryShape: Shape = {
  struct: [
    ['repo', 'Repo', 'value'], ['username', 'Username', 'value'], ['password', 'Password', 'value'],
    ['sshPrivateKey', 'SSHPrivateKey', 'value'], ['insecureIgnoreHostKey', 'InsecureIgnoreHostKey', 'value'],
    ['insecure', 'Insecure', 'value'], ['enableLfs', 'EnableLFS', 'value'],
    ['tlsClientCertData', 'TLSClientCertData', 'value'], ['tlsClientCertKey', 'TLSClientCertKey', 'value'],
    ['type', 'Type', 'value'], ['name', 'Name', 'value'], ['enableOCI', 'EnableOCI', 'value'],
    ['githubAppPrivateKey', 'GithubAppPrivateKey', 'value'], ['githubAppID', 'GithubAppId', 'value'],
    ['githubAppInstallationID', 'GithubAppInstallationId', 'value'],
    ['githubAppEnterpriseBaseUrl', 'GitHubAppEnterpriseBaseURL', 'value'], ['proxy', 'Proxy', 'value'],
    ['project', 'Project', 'value'], ['gcpServiceAccountKey', 'GCPServiceAccountKey', 'value'],
    ['forceHttpBasicAuth', 'ForceHttpBasicAuth', 'value'], ['noProxy', 'NoProxy', 'value'],
    ['bearerToken', 'BearerToken', 'value'],
  ],
} // prettier-ignore

/** The credentials for all repositories below a URL. */
export const credentialsShape: Shape = {
  struct: [
    ['url', 'URL', 'value'], ['username', 'Username', 'value'], ['password', 'Password', 'value'],
    ['sshPrivateKey', 'SSHPrivateKey', 'value'], ['tlsClientCertData', 'TLSClientCertData', 'value'],
    ['tlsClientCertKey', 'TLSClientCertKey', 'value'], ['githubAppPrivateKey', 'GithubAppPrivateKey', 'value'],
    ['githubAppID', 'GithubAppId', 'value'], ['githubAppInstallationID', 'GithubAppInstallationId', 'value'],
    ['githubAppEnterpriseBaseUrl', 'GitHubAppEnterpriseBaseURL', 'value'], ['enableOCI', 'EnableOCI', 'value'],
    ['type', 'Type', 'value'], ['gcpServiceAccountKey', 'GCPServiceAccountKey', 'value'], ['proxy', 'Proxy', 'value'],
    ['forceHttpBasicAuth', 'ForceHttpBasicAuth', 'value'], ['noProxy', 'NoProxy', 'value'],
    ['bearerToken', 'BearerToken', 'value'],
  ],
} // prettier-ignore

const kindOf = { ...resources.secrets, namespace: controlNamespace }

/** The Secrets in which Argo CD keeps repositories and credentials. */
export async function listSecrets(objects: Objects, type: SecretType): Promise<readonly KubeObject[]> {
  return (await objects.list(kindOf, { labelSelector: `${label.secretType}=${type}` })).items
}

export function urlOf(object: KubeObject): string {
  return secretText(object, 'url') ?? ''
}

/** All that a Secret says, secrets and all, in the words of the API. */
export function bodyOfSecret(object: KubeObject, type: SecretType): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {
    [type === 'repository' ? 'repo' : 'url']: urlOf(object),
  }
  for (const key of [...shown, ...secret]) {
    const text = secretText(object, key)
    if (!text || (flags.has(key) && text !== 'true')) continue
    result[key] = flags.has(key) ? true : numbers.has(key) ? Number(text) : text
  }
  return result
}

/** What may be told of it. */
export function withoutSecrets(body: RepositoryBody): Record<string, string | number | boolean> {
  const kept = ['repo', 'url', ...shown].flatMap((key) => {
    const value = body[key]
    return value === undefined || value === '' || value === false ? [] : [[key, value] as const]
  })
  return Object.fromEntries(kept)
}

/** Writes a repository or credentials; the answer undoes it. */
export async function writeSecret(
  objects: Objects,
  type: SecretType,
  url: string,
  body: RepositoryBody,
  existing: KubeObject | undefined,
): Promise<() => Promise<void>> {
  const texts = [...shown, ...secret].flatMap((key) => {
    const value = body[key]
    return value === undefined || value === '' || value === false ? [] : [[key, String(value)] as const]
  })
  const data = Object.fromEntries(
    [['url', url] as const, ...texts].map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  )
  const hash = createHash('sha256')
    .update(`${url}${String(body['project'] ?? '')}`)
    .digest('hex')
    .slice(0, 10)
  const name = existing?.metadata.name ?? `${type === 'repository' ? 'repo' : 'creds'}-${hash}`
  const ref = refOf(resources.secrets, controlNamespace, name)
  if (existing) {
    await objects.update(ref, { ...existing, data })
    const { resourceVersion: _version, ...metadata } = existing.metadata
    return async () => void (await objects.update(ref, { ...existing, metadata }))
  }
  const metadata = { name, namespace: controlNamespace, labels: { [label.secretType]: type } }
  await objects.create(kindOf, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data })
  return async () => void (await objects.delete(ref))
}

export async function deleteSecret(objects: Objects, object: KubeObject): Promise<void> {
  await objects.delete(refOf(resources.secrets, controlNamespace, object.metadata.name ?? ''))
}
