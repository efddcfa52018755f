import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import path from 'node:path'
import { newClusters, newContexts, newUsers, type User } from '@kubernetes/client-node/dist/config_types.js'
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js'
import { load } from 'js-yaml'

// The library's KubeConfig loads every API class there is, some 80 MB; its parts do not.

/** Where an API server is, and how to prove who we are. */
export interface Connection {
  readonly server: string
  readonly tls: Tls
  /** Asked before each request: tokens rotate. */
  headers(): Promise<Record<string, string>>
  /** Reads anew what may have been replaced: credentials, certificates, the address. */
  renew?(): Promise<Connection>
}

export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** Reads a kubeconfig. Programs are only run for credentials where `allowExec` says so. */
export async function connectionFromKubeconfig(
  file: string,
  options: { readonly allowExec: boolean; readonly context?: string },
): Promise<Connection> {
  const config = load(await readFile(file, 'utf8')) as KubeconfigFile
  const name = options.context ?? config['current-context'] ?? ''
  const context = newContexts(config.contexts ?? []).find((one) => one.name === name)
  if (!context) throw new Error(`${file}: no context named "${name}"`)
  const cluster = newClusters(config.clusters ?? []).find((one) => one.name === context.cluster)
  if (!cluster) throw new Error(`${file}: context "${name}" names cluster "${context.cluster}", which is not there`)
  const user = newUsers(config.users ?? []).find((one) => one.name === context.user)
  const folder = path.dirname(file)
  const tokenFile = tokenFileOf(config.users, context.user)
  const ca = await material(cluster.caData, cluster.caFile, folder)
  const exec = user?.exec ? execCredential(user, options.allowExec, file) : undefined
  const first = await exec?.()
  const cert = first?.cert ?? (await material(user?.certData, user?.certFile, folder))
  const key = first?.key ?? (await material(user?.keyData, user?.keyFile, folder))
  return {
    server: cluster.server.replace(/\/$/, ''),
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(cluster.tlsServerName !== undefined && { servername: cluster.tlsServerName }),
      ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    },
    async headers() {
      if (exec) return (await exec()).headers
      if (tokenFile === undefined) return userHeaders(user)
      // As kubectl does: the file comes before the token, and is read anew.
      return userHeaders({
        ...(user ?? { name: '' }),
        token: (await material(undefined, tokenFile, folder))?.trim() ?? '',
      })
    },
    renew: () => connectionFromKubeconfig(file, options),
  }
}

const mount = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The connection of a pod: its service account's token, read anew each minute as it rotates. */
export async function connectionInCluster(
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST']
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  if (host === undefined) throw new Error('not in a cluster: KUBERNETES_SERVICE_HOST is not set')
  const ca = await readFile(`${mount}/ca.crt`, 'utf8')
  let token = { text: '', until: 0 }
  return {
    renew: () => connectionInCluster(env, now),
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca },
    async headers() {
      if (now() >= token.until)
        token = { text: (await readFile(`${mount}/token`, 'utf8')).trim(), until: now() + 60_000 }
      return { authorization: `Bearer ${token.text}` }
    },
  }
}

interface KubeconfigFile {
  readonly 'current-context'?: string
  readonly contexts?: unknown
  readonly clusters?: unknown
  readonly users?: unknown
}

interface ExecCredential {
  readonly headers: Record<string, string>
  readonly cert?: string
  readonly key?: string
}

function execCredential(user: User, allowed: boolean, file: string): () => Promise<ExecCredential> {
  if (!allowed) throw new Error(`${file}: user "${user.name}" runs a program for its credentials, which is not allowed`)
  const auth = new ExecAuth()
  return async () => {
    const options: RequestOptions = {}
    await auth.applyAuthentication(user, options)
    const authorization = (options.headers as Record<string, string> | undefined)?.['Authorization']
    return {
      headers: authorization === undefined ? {} : { authorization },
      ...(typeof options.cert === 'string' && { cert: options.cert }),
      ...(typeof options.key === 'string' && { key: options.key }),
    }
  }
}

function tokenFileOf(users: unknown, name: string): string | undefined {
  const all = Array.isArray(users) ? (users as { name?: string; user?: { tokenFile?: string } }[]) : []
  return all.find((one) => one.name === name)?.user?.tokenFile
}

function userHeaders(user: User | undefined): Record<string, string> {
  if (!user) return {}
  const impersonate = user.impersonateUser ? { 'impersonate-user': user.impersonateUser } : {}
  if (user.token) return { authorization: `Bearer ${user.token}`, ...impersonate }
  if (!user.username) return impersonate
  const basic = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')
  return { authorization: `Basic ${basic}`, ...impersonate }
}

async function material(
  data: string | undefined,
  file: string | undefined,
  folder: string,
): Promise<string | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8')
  return file === undefined || file === '' ? undefined : readFile(path.resolve(folder, file), 'utf8')
}
