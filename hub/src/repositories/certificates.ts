import type { Objects } from '@flotilla/shared/apiserver/objects'
import { pathMatch } from '@flotilla/shared/lang/path-match'
import { changeConfigMap, readConfigMap } from './config-map.ts'
import { fingerprintOf, keyBytes, parseKnownHosts, printKnownHosts, type KnownHost } from './known-hosts.ts'
import { describeCertificate, isHostName, splitPem } from './tls-certificates.ts'

/** A certificate or a key by which a server of repositories is known, as the API speaks of it. */
export interface RepositoryCertificate {
  readonly serverName?: string
  readonly certType?: string
  readonly certSubType?: string
  /** In base64. */
  readonly certData?: string
  readonly certInfo?: string
}

export interface CertificateSelector {
  readonly hostNamePattern: string
  readonly certType: string
  readonly certSubType: string
}

const hostsMap = 'argocd-ssh-known-hosts-cm'
const hostsKey = 'ssh_known_hosts'
const tlsMap = 'argocd-tls-certs-cm'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const plain = (text = ''): string => Buffer.from(text, 'base64').toString('utf8')
const wants = (selector: CertificateSelector, ...types: string[]): boolean =>
  ['', '*', ...types].includes(selector.certType)

/** What is configured, without the keys and certificates themselves. */
export async function listCertificates(
  objects: Objects,
  selector: CertificateSelector,
): Promise<RepositoryCertificate[]> {
  const hosts = wants(selector, 'ssh') ? parseKnownHosts((await readConfigMap(objects, hostsMap))[hostsKey] ?? '') : []
  const servers = wants(selector, 'https', 'tls') ? Object.entries(await readConfigMap(objects, tlsMap)) : []
  return [
    ...hosts
      .filter((host) => isWanted(host, selector))
      .map((host) => {
        const bytes = keyBytes(host)
        const certInfo = `SHA256:${bytes ? fingerprintOf(bytes) : ''}`
        return { serverName: host.host, certType: 'ssh', certSubType: host.type, certInfo }
      }),
    ...servers
      .filter(([name]) => matchesHost(name, selector.hostNamePattern))
      .flatMap(([serverName, text]) =>
        splitPem(text).map((pem) => ({ serverName, certType: 'https', ...describe(pem) })),
      ),
  ]
}

/** Adds certificates, all or none; the answer names those that were not there yet. */
export async function addCertificates(
  objects: Objects,
  given: readonly RepositoryCertificate[],
  upsert: boolean,
): Promise<RepositoryCertificate[]> {
  for (const certificate of given) check(certificate)
  const ssh = given.filter(({ certType }) => certType === 'ssh')
  const tls = given.filter(({ certType }) => certType === 'https')
  // Both are worked out before either is written: a refusal leaves everything as it was.
  addHosts(parseKnownHosts((await readConfigMap(objects, hostsMap))[hostsKey] ?? ''), ssh, upsert)
  addServers(await readConfigMap(objects, tlsMap), tls, upsert)
  const hosts = async (): Promise<RepositoryCertificate[]> =>
    changeConfigMap(objects, hostsMap, (data) => {
      const { hosts: all, created } = addHosts(parseKnownHosts(data[hostsKey] ?? ''), ssh, upsert)
      return { data: created.length > 0 ? { ...data, [hostsKey]: printKnownHosts(all) } : data, result: created }
    })
  const servers = async (): Promise<RepositoryCertificate[]> =>
    changeConfigMap(objects, tlsMap, (data) => {
      const { servers: all, created } = addServers(data, tls, upsert)
      return { data: all, result: created }
    })
  return [...(ssh.length > 0 ? await hosts() : []), ...(tls.length > 0 ? await servers() : [])]
}

/** Takes away what is selected; the answer names it. */
export async function removeCertificates(
  objects: Objects,
  selector: CertificateSelector,
): Promise<RepositoryCertificate[]> {
  const removed: RepositoryCertificate[] = []
  if (wants(selector, 'ssh')) {
    const gone = await changeConfigMap(objects, hostsMap, (data) => {
      const all = parseKnownHosts(data[hostsKey] ?? '')
      const kept = all.filter((host) => !isWanted(host, selector))
      const next = kept.length < all.length ? { ...data, [hostsKey]: printKnownHosts(kept) } : data
      return { data: next, result: all.filter((host) => isWanted(host, selector)) }
    })
    for (const { host, type, key } of gone) {
      removed.push({ serverName: host, certType: 'ssh', certSubType: type, certData: base64(key) })
    }
  }
  if (wants(selector, 'https', 'tls')) {
    const gone = await changeConfigMap(objects, tlsMap, (data) => {
      const isGone = ([name]: [string, string]): boolean => matchesHost(name, selector.hostNamePattern)
      const entries = Object.entries(data)
      const kept = Object.fromEntries(entries.filter((entry) => !isGone(entry)))
      return { data: kept, result: entries.filter(isGone) }
    })
    for (const [serverName, text] of gone)
      for (const pem of splitPem(text)) removed.push({ serverName, certType: 'https', certData: base64(pem) })
  }
  return removed
}

function check({ serverName = '', certType = '' }: RepositoryCertificate): void {
  const host = certType === 'ssh' ? (/^\[(.*)\]:\d+$/.exec(serverName)?.[1] ?? serverName) : serverName
  if (certType !== 'ssh' && certType !== 'https') throw new Error(`unknown certificate type: ${certType}`)
  if (!isHostName(host)) throw new Error(`invalid hostname in request: ${host}`)
}

function addHosts(
  before: readonly KnownHost[],
  given: readonly RepositoryCertificate[],
  upsert: boolean,
): { hosts: readonly KnownHost[]; created: RepositoryCertificate[] } {
  const hosts = [...before]
  const created: RepositoryCertificate[] = []
  for (const certificate of given) {
    const host = {
      host: certificate.serverName ?? '',
      type: certificate.certSubType ?? '',
      key: plain(certificate.certData),
    }
    const at = hosts.findIndex((each) => each.host === host.host && each.type === host.type)
    const same = hosts[at]?.key === host.key
    if (at >= 0 && !same && !upsert) {
      throw new Error(`key for '${host.host}' (subtype: '${host.type}') already exists, and upsert was not specified`)
    }
    const bytes = keyBytes(host)
    if (!bytes) throw new Error('ssh: no key found')
    if (same) continue
    if (at >= 0) hosts[at] = host
    else hosts.push(host)
    created.push({ ...certificate, certInfo: fingerprintOf(bytes) })
  }
  return { hosts, created }
}

function addServers(
  before: Readonly<Record<string, string>>,
  given: readonly RepositoryCertificate[],
  upsert: boolean,
): { servers: Record<string, string>; created: RepositoryCertificate[] } {
  const servers: Record<string, string> = { ...before }
  const created: RepositoryCertificate[] = []
  for (const { serverName = '', certData } of given) {
    const text = plain(certData)
    const known = servers[serverName]
    if (known !== undefined && known !== text && !upsert) {
      throw new Error(`TLS certificate for server '${serverName}' already exists, and upsert was not specified`)
    }
    const parts = splitPem(text)
    if (parts.length === 0) throw new Error('no valid PEM data received')
    for (const pem of parts) describeCertificate(pem)
    if (known === text) continue
    servers[serverName] = text
    created.push(...parts.map((pem) => ({ serverName, certType: 'https', certData: base64(pem) })))
  }
  return { servers, created }
}

function describe(pem: string): { certSubType: string; certInfo: string } {
  try {
    const { subject, algorithm } = describeCertificate(pem)
    return { certSubType: algorithm, certInfo: subject }
  } catch (error) {
    return { certSubType: 'invalid', certInfo: error instanceof Error ? error.message : String(error) }
  }
}

function isWanted({ host, type }: KnownHost, { hostNamePattern, certSubType }: CertificateSelector): boolean {
  return matchesHost(host, hostNamePattern) && ['', '*', type].includes(certSubType)
}

/** Brackets belong to hosts with ports; `*` and `?` are the only wildcards. */
function matchesHost(host: string, pattern: string): boolean {
  return pattern === '' || pathMatch(pattern.replace(/[[\]]/g, String.raw`\$&`), host)
}
