import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { Clock } from '@flotilla/shared/lang/clock'
import { FRAME_BYTES } from '@flotilla/shared/protocol/codec'
import { spokenSubprotocols } from '@flotilla/shared/protocol/version'
import { chainOf, refusalOf } from './pin.ts'

const AGENT_PATH = '/agent/v1/channel'
const DIAL_MS = 15_000

/** Why the hub could not be reached, or would not have us. */
export class DialError extends Error {
  /** HTTP status of a refusal; absent where there was no answer. */
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: { status?: number | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DialError'
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}

export interface DialOptions {
  readonly hub: string
  readonly credential: () => Promise<string>
  /** The certificate to insist on, or its authority's; absent: one that a public authority vouches for. */
  readonly fingerprint?: string | undefined
  /** The hub's administrator has it speak without TLS. */
  readonly plain: boolean
  readonly clock: Pick<Clock, 'now'>
}

/** Opens the channel. The credential is shown to nobody but the hub that the join token spoke of. */
export async function dial(options: DialOptions): Promise<WebSocket> {
  const url = new URL(AGENT_PATH, options.hub)
  if (url.protocol === 'http:' && !options.plain)
    throw new DialError('the hub is to be reached by https: its join token does not allow plain http')
  const socket = url.protocol === 'https:' ? await tlsSocket(url, options) : await tcpSocket(url)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  let broken: Error | undefined
  // Until the WebSocket has it nobody else listens, and it may break at any moment.
  socket.on('error', (error) => (broken ??= error))
  let token: string
  try {
    token = await options.credential()
    if (socket.destroyed) throw new DialError(broken?.message ?? 'the hub has ended the connection', { cause: broken })
  } catch (error) {
    socket.destroy()
    throw error
  }
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(url, spokenSubprotocols(), {
      headers: { authorization: `Bearer ${token}` },
      createConnection: () => socket,
      followRedirects: false,
      perMessageDeflate: false,
      handshakeTimeout: DIAL_MS,
      maxPayload: FRAME_BYTES,
    })
    ws.once('open', () => resolve(ws))
    ws.once('error', (error) => {
      socket.destroy()
      reject(error instanceof DialError ? error : new DialError(error.message, { cause: error }))
    })
    ws.once('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body = (body + text).slice(0, 2000)))
      response.on('close', () => {
        socket.destroy()
        const after = Number(response.headers['retry-after'])
        const reason = messageOf(body)
        reject(
          new DialError(`the hub answered ${response.statusCode}${reason === '' ? '' : `: ${reason}`}`, {
            status: response.statusCode,
            retryAfterMs: Number.isFinite(after) ? after * 1000 : undefined,
          }),
        )
      })
    })
  })
}

/**
 * The handshake is over and the certificate judged before a byte of ours is written: a token must not travel to
 * whoever answers.
 */
function tlsSocket(url: URL, { fingerprint, clock }: DialOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const socket = connectTls({
      host,
      port: Number(url.port === '' ? 443 : url.port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: fingerprint === undefined,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    })
    const fail = (error: Error): void => {
      socket.destroy()
      reject(new DialError(error.message, { cause: error }))
    }
    socket.setTimeout(DIAL_MS, () => fail(new Error('the hub does not answer')))
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      const refusal =
        fingerprint === undefined
          ? undefined
          : refusalOf(chainOf(socket.getPeerCertificate(true)), fingerprint, host, clock.now())
      if (refusal !== undefined) return fail(new Error(`this is not the hub that the join token spoke of: ${refusal}`))
      socket.setTimeout(0)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

function tcpSocket(url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port === '' ? 80 : url.port),
    })
    const fail = (error: Error): void => {
      socket.destroy()
      reject(new DialError(error.message, { cause: error }))
    }
    socket.setTimeout(DIAL_MS, () => fail(new Error('the hub does not answer')))
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    return typeof message === 'string' ? message.slice(0, 500) : ''
  } catch {
    return ''
  }
}
