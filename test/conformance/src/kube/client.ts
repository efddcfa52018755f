import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from './scenario.ts'

/** What a server said, as far as recordings tell of it. */
export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[]>
  readonly text: string
}

const told = new Set(['content-type', 'retry-after', 'location', 'www-authenticate', 'allow'])

/** Sends the requests of recordings, byte by byte as they were sent to the real server. */
export class Client {
  readonly #base: URL
  readonly #tokens: Readonly<Record<string, string>>
  readonly #keepAlive: http.Agent
  readonly #oneShot: http.Agent

  constructor(server: string, tokens: Readonly<Record<string, string>>) {
    this.#base = new URL(server)
    this.#tokens = tokens
    // A server of this very test, with a certificate that it made itself.
    const tls = { rejectUnauthorized: false }
    const secure = this.#base.protocol === 'https:'
    const agent = (keepAlive: boolean): http.Agent =>
      secure ? new https.Agent({ keepAlive, ...tls }) : new http.Agent({ keepAlive })
    this.#keepAlive = agent(true)
    this.#oneShot = agent(false)
  }

  async request(call: Call): Promise<Answer> {
    // A server may end a kept connection in the moment in which it is used again.
    const response = await this.#send(call, this.#keepAlive).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error
      return this.#send(call, this.#keepAlive)
    })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      text: Buffer.concat(chunks).toString(),
    }
  }

  /** Opens a watch: `bookmarks` keeps those that a server sends when it likes. */
  async watch(call: Call, bookmarks: boolean): Promise<WatchStream> {
    return new WatchStream(
      await this.#send({ ...call, query: { watch: '1', ...call.query } }, this.#oneShot),
      bookmarks,
    )
  }

  close(): void {
    this.#keepAlive.destroy()
    this.#oneShot.destroy()
  }

  #send({ method = 'GET', path, query = {}, headers = {}, body, as = 'admin' }: Call, agent: http.Agent) {
    const sent: Record<string, string> = { accept: 'application/json', 'user-agent': 'recording/1.0' }
    if (as !== 'anonymous') sent['authorization'] = `Bearer ${this.#tokens[as] ?? as}`
    const data = body === undefined || body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    if (data !== '') sent['content-type'] = 'application/json'
    if (method !== 'GET' || data !== '') sent['content-length'] = String(Buffer.byteLength(data))
    for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = value
    if (sent['content-type'] === '') delete sent['content-type']
    const words = Object.entries(query).flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).map(
        (one) => `${encodeURIComponent(key)}=${encodeURIComponent(String(one))}`,
      ),
    )
    const prefix = this.#base.pathname.replace(/\/$/, '')
    const target = `${prefix}${path}${words.length > 0 ? (path.includes('?') ? '&' : '?') : ''}${words.join('&')}`
    const { protocol, hostname, port } = this.#base
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = (protocol === 'https:' ? https : http).request(
        { protocol, hostname, port, path: target, method, headers: sent, agent },
        resolve,
      )
      request.on('error', reject)
      request.end(data)
    })
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  const warnings: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    if (told.has(name)) headers[name] = value
    if (name === 'warning') warnings.push(value)
  }
  return warnings.length > 0 ? { ...headers, warning: warnings } : headers
}

/** The events of a watch, in order. */
export class WatchStream {
  readonly status: number
  readonly headers: Record<string, string | string[]>
  /** What came instead of events. */
  text = ''
  ended = false
  readonly #response: IncomingMessage
  readonly #events: unknown[] = []
  #taken = 0
  #pending = ''

  constructor(response: IncomingMessage, bookmarks: boolean) {
    this.#response = response
    this.status = response.statusCode ?? 0
    this.headers = headersOf(response)
    response.setEncoding('utf8')
    const end = (): void => void (this.ended = true)
    response.on('end', end).on('close', end).on('error', end)
    response.on('data', (chunk: string) => {
      if (this.status !== 200) this.text += chunk
      else this.#read(chunk, bookmarks)
    })
  }

  #read(chunk: string, bookmarks: boolean): void {
    const lines = (this.#pending + chunk).split('\n')
    this.#pending = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      const periodic = line.includes('"BOOKMARK"') && !line.includes('k8s.io/initial-events-end')
      if (bookmarks || !periodic) this.#events.push(JSON.parse(line))
    }
  }

  /** The next events; fewer where they do not come in time. */
  async take(count: number, ms: number): Promise<unknown[]> {
    await until(() => this.#events.length - this.#taken >= count || this.ended, ms)
    const taken = this.#events.slice(this.#taken, this.#taken + count)
    this.#taken += taken.length
    return taken
  }

  /** What came that nobody took. */
  rest(): unknown[] {
    return this.#events.slice(this.#taken)
  }

  close(): void {
    this.#response.destroy()
  }
}

/** Waits for a condition, up to a time; whether it came. */
export async function until(condition: () => boolean | Promise<boolean>, ms: number, every = 10): Promise<boolean> {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) return false
    await sleep(every)
  }
  return true
}
