import { request, type RequestOptions } from 'node:https'
import type { CallWebhook, WebhookEndpoint } from '../apiserver/admission/webhooks/caller.ts'

/** Where a service of the cluster listens, as seen from here; a text says why it cannot be reached. */
export type ResolveService = (
  namespace: string,
  name: string,
  port: number,
) => Promise<{ readonly host: string; readonly port: number } | string>

interface Reason extends Error {
  readonly code?: string
  readonly host?: string
  readonly cert?: { readonly subjectaltname?: string }
}

/** Calls webhooks over HTTPS. */
export function webhookCaller(resolve: ResolveService): CallWebhook {
  return async (endpoint, review, timeoutMs) => {
    const address = `${endpoint.url}?timeout=${goDuration(timeoutMs)}`
    const failed = (why: string) => ({ failure: `Post ${JSON.stringify(address)}: ${why}` })
    const { service } = endpoint
    const where = service && (await resolve(service.namespace, service.name, service.port))
    if (typeof where === 'string') return failed(where)
    try {
      return await post(optionsOf(endpoint, address, where), JSON.stringify(review), timeoutMs)
    } catch (error) {
      return failed(goWords(error as Reason, new URL(address), where))
    }
  }
}

function goDuration(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`
}

function optionsOf(
  endpoint: WebhookEndpoint,
  address: string,
  where: { readonly host: string; readonly port: number } | undefined,
): RequestOptions {
  const url = new URL(address)
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  return {
    method: 'POST',
    host: where?.host ?? hostname,
    port: where?.port ?? (url.port === '' ? 443 : Number(url.port)),
    path: `${url.pathname}${url.search}`,
    // An address is no name by which a server could be asked for.
    ...(/^[\d.:a-f]+$/i.test(hostname) ? {} : { servername: hostname }),
    ...(endpoint.authorities === undefined ? {} : { ca: endpoint.authorities }),
    headers: {
      host: url.host,
      accept: 'application/json, */*',
      'content-type': 'application/json',
      'user-agent': 'kube-apiserver-admission',
    },
    agent: false,
  }
}

function post(options: RequestOptions, body: string, timeoutMs: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const sent = request({ ...options, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** An error of this platform in the words of the reference client. */
function goWords(error: Reason, url: URL, where: { readonly host: string; readonly port: number } | undefined): string {
  const host = where?.host ?? url.hostname
  const address = `${host}:${where?.port ?? (url.port || '443')}`
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'context deadline exceeded'
  switch (error.code) {
    case 'ABORT_ERR':
      return 'context deadline exceeded'
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`
    case 'ENETUNREACH':
      return `dial tcp ${address}: connect: network is unreachable`
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${host}: no such host`
    case 'ECONNRESET':
      return 'EOF'
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${wrongName(error, url.hostname)}`
    case 'CERT_HAS_EXPIRED':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    default:
      return error.message
  }
}

function wrongName(error: Reason, wanted: string): string {
  const names = (error.cert?.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.replace(/^[^:]*:/, ''))
  if (names.length === 0) return `certificate is not valid for any names, but wanted to match ${wanted}`
  return `certificate is valid for ${names.join(', ')}, not ${wanted}`
}
