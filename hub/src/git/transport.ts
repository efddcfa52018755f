import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import type { RepositoryCredentials } from './credentials.ts'
import { isDirect } from './no-proxy.ts'

/** The connections over which repositories are reached. */
export interface Transports {
  /**
   * The connection to an address. `own` says whether it is the address that the credentials are for: what proves who
   * we are, and the leave not to check who they are, goes nowhere else.
   */
  to(url: string, credentials: RepositoryCredentials | undefined, own: boolean): Dispatcher
  close(): Promise<void>
}

export interface TransportOptions {
  /** The certificates that argocd-tls-certs-cm has for a host (without its port), as PEM; they stand in for all others. */
  readonly certificates?: (host: string) => string | undefined
  /** Where proxies are named for repositories that name none: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

interface Way {
  readonly insecure: boolean
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly proxy: string | undefined
}

/** As many ways as are kept at once: who changes a certificate or a password leaves the former behind. */
const mostKept = 64

/** Keeps one pool of connections for each way to reach something, and forgets those least used. */
export function createTransports(options: TransportOptions = {}): Transports {
  const kept = new LRUCache<string, Dispatcher>({
    max: mostKept,
    // What is under way over one that is given up ends first.
    dispose: (dispatcher, _, reason) => {
      if (reason === 'evict') void dispatcher.close().catch(() => undefined)
    },
  })
  return {
    to(url, credentials, own) {
      const way = wayTo(new URL(url), credentials, own, options)
      const id = createHash('sha256').update(JSON.stringify(way)).digest('hex')
      let found = kept.get(id)
      if (!found) kept.set(id, (found = dispatcherOf(way)))
      return found
    },
    async close() {
      const all = [...kept.values()]
      kept.clear()
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()))
    },
  }
}

function wayTo(
  url: URL,
  credentials: RepositoryCredentials | undefined,
  own: boolean,
  { certificates, env = {} }: TransportOptions,
): Way {
  const secure = url.protocol === 'https:'
  const mine = own && secure ? credentials : undefined
  const named = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined
  const proxy = credentials?.proxy || named(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  const noProxy = credentials?.proxy ? (credentials.noProxy ?? '') : (named('NO_PROXY') ?? '')
  return {
    insecure: mine?.insecure ?? false,
    ca: secure ? certificates?.(url.hostname.replace(/^\[|\]$/g, '')) || undefined : undefined,
    cert: mine?.tlsClientCertData && mine.tlsClientCertKey ? mine.tlsClientCertData : undefined,
    key: mine?.tlsClientCertData && mine.tlsClientCertKey ? mine.tlsClientCertKey : undefined,
    proxy: proxy && !isDirect(url, noProxy) ? proxy : undefined,
  }
}

function dispatcherOf({ insecure, ca, cert, key, proxy }: Way): Dispatcher {
  const tls = {
    rejectUnauthorized: !insecure,
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  }
  if (proxy === undefined) return new Agent({ connect: tls })
  return new ProxyAgent({ uri: proxy.includes('://') ? proxy : `http://${proxy}`, requestTls: tls })
}
