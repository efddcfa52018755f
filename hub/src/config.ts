/** All that an operator may say of a hub. */
export interface HubConfig {
  /** Where the hub keeps everything. */
  readonly data: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Plain HTTP, for a proxy in front or a loopback. */
  readonly insecure: boolean
  /** The certificate (chain) and key to serve with, in PEM; the hub makes itself one where none is given. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  /** Reads them again: a renewed certificate is taken into use without a restart. */
  readonly readTls?: (() => Promise<{ readonly cert: string; readonly key: string } | undefined>) | undefined
  /** How others reach the hub, where that is not where it listens. */
  readonly externalUrl?: string | undefined
  readonly adminPassword?: string | undefined
  /** How often repositories are asked for their refs; 0: never. */
  readonly pollMs: number
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, for repositories whose Secret names no proxy. */
  readonly proxies?: Readonly<Record<string, string | undefined>> | undefined
}

/** Reads `HOST:PORT`, `:PORT` or `PORT`. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:(\[[^\]]+\]|[^:]*):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (!match || port > 65_535) throw new Error(`--listen takes HOST:PORT, as in 127.0.0.1:8080, not "${text}"`)
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, '') || '0.0.0.0', port }
}
