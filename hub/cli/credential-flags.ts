import { Option, type Command } from 'commander'
import { readFileSync } from 'node:fs'
import { CliError } from './errors.ts'

/** Flags by which repositories, and the credentials for many of them, are described. */
export interface CredentialFlags {
  readonly type?: string
  readonly username?: string
  readonly password?: string
  readonly bearerToken?: string
  readonly sshPrivateKeyPath?: string
  readonly tlsClientCertPath?: string
  readonly tlsClientCertKeyPath?: string
  readonly githubAppId?: string
  readonly githubAppInstallationId?: string
  readonly githubAppPrivateKeyPath?: string
  readonly githubAppEnterpriseBaseUrl?: string
  readonly gcpServiceAccountKeyPath?: string
  readonly enableOci?: boolean
  readonly forceHttpBasicAuth?: boolean
  readonly proxy?: string
  readonly noProxy?: string
}

export function addCredentialFlags(command: Command): Command {
  return command
    .option('--type <type>', 'git, helm or oci', 'git')
    .option('--username <name>', 'user name')
    .option('--password <password>', 'password or token')
    .option('--bearer-token <token>', 'bearer token')
    .option('--ssh-private-key-path <file>', 'private SSH key')
    .option('--tls-client-cert-path <file>', "client's certificate, in PEM")
    .option('--tls-client-cert-key-path <file>', 'its private key, in PEM')
    .option('--github-app-id <id>', 'id of a GitHub App')
    .option('--github-app-installation-id <id>', 'its installation')
    .option('--github-app-private-key-path <file>', 'its private key')
    .option('--github-app-enterprise-base-url <url>', 'API of a GitHub Enterprise')
    .option('--gcp-service-account-key-path <file>', 'key of a service account of Google Cloud')
    .option('--enable-oci', 'a Helm repository in an OCI registry')
    .option('--force-http-basic-auth', 'send the password without being asked for it')
    .option('--proxy <url>', 'proxy to go through')
    .addOption(noProxy())
}

/** An option of its own, not the denial of `--proxy`. */
function noProxy(): Option {
  const option = new Option('--no-proxy <hosts>', 'hosts that are reached without it')
  option.negate = false
  return option
}

/** What the flags say, files read; a refusal where flag and address do not go together. */
export function credentialsOf(url: string, flags: CredentialFlags): Record<string, unknown> {
  const https = url.startsWith('https://')
  const only = (path: string | undefined, name: string, fits: boolean, what: string): string | undefined => {
    if (path === undefined) return undefined
    if (!fits) throw new CliError(`--${name} is only supported for ${what} repositories${what === 'SSH' ? '.' : ''}`)
    return read(path)
  }
  if ((flags.tlsClientCertPath === undefined) !== (flags.tlsClientCertKeyPath === undefined)) {
    throw new CliError('--tls-client-cert-path and --tls-client-cert-key-path must be specified together')
  }
  const ssh = /^ssh:\/\/|^[^/:]+@[^/:]+:/.test(url)
  return {
    type: flags.type,
    username: flags.username,
    password: flags.password,
    bearerToken: flags.bearerToken,
    sshPrivateKey: only(flags.sshPrivateKeyPath, 'ssh-private-key-path', ssh, 'SSH'),
    tlsClientCertData: only(flags.tlsClientCertPath, 'tls-client-cert-path', https, 'HTTPS'),
    tlsClientCertKey: only(flags.tlsClientCertKeyPath, 'tls-client-cert-key-path', https, 'HTTPS'),
    githubAppID: flags.githubAppId && Number(flags.githubAppId),
    githubAppInstallationID: flags.githubAppInstallationId && Number(flags.githubAppInstallationId),
    githubAppPrivateKey: only(flags.githubAppPrivateKeyPath, 'github-app-private-key-path', https, 'HTTPS'),
    githubAppEnterpriseBaseUrl: flags.githubAppEnterpriseBaseUrl,
    gcpServiceAccountKey: only(flags.gcpServiceAccountKeyPath, 'gcp-service-account-key-path', https, 'HTTPS'),
    enableOCI: flags.enableOci,
    forceHttpBasicAuth: flags.forceHttpBasicAuth,
    proxy: flags.proxy,
    noProxy: flags.noProxy,
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${(error as Error).message}`)
  }
}
