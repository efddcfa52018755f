import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { readFileSync } from 'node:fs'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { load } from 'js-yaml'

interface KubeconfigCluster {
  readonly server: string
  readonly 'certificate-authority-data'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
}

interface KubeconfigFile {
  readonly clusters: { cluster: KubeconfigCluster }[]
  readonly users: { user: { token?: string; 'client-certificate-data'?: string; 'client-key-data'?: string } }[]
}

/** The plainest client that there is: one API server, kept connections, no cache. */
export class Api {
  readonly #server: URL
  readonly #agent: http.Agent
  readonly #authorization: string | undefined

  /** Reads a kubeconfig of one cluster and one user. */
  constructor(kubeconfig: string) {
    const { clusters, users } = load(readFileSync(kubeconfig, 'utf8')) as KubeconfigFile
    const cluster = clusters[0]?.cluster
    const user = users[0]?.user
    this.#server = new URL(cluster?.server ?? '')
    this.#authorization = user?.token === undefined ? undefined : `Bearer ${user.token}`
    const pem = (data: string | undefined): string | undefined =>
      data === undefined ? undefined : Buffer.from(data, 'base64').toString()
    const tls = {
      ca: pem(cluster?.['certificate-authority-data']),
      cert: pem(user?.['client-certificate-data']),
      key: pem(user?.['client-key-data']),
      rejectUnauthorized: cluster?.['insecure-skip-tls-verify'] !== true,
    }
    const options = { keepAlive: true, maxSockets: Infinity }
    this.#agent = this.#server.protocol === 'https:' ? new https.Agent({ ...options, ...tls }) : new http.Agent(options)
  }

  /** Answers the body; throws on anything but 2xx. */
  async request(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<string> {
    // A server may end a kept connection in the moment in which it is used again.
    const send = (): Promise<IncomingMessage> => this.#send(method, path, body, contentType)
    const response = await send().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') throw error
      return send()
    })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    if ((response.statusCode ?? 0) >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
    return text
  }

  apply(path: string, object: KubeObject): Promise<string> {
    return this.request('PATCH', `${path}?fieldManager=bench&force=true`, object, 'application/apply-patch+yaml')
  }

  /** Hands over each event of a watch, until the answer is called. */
  async watch(path: string, event: (type: string, object: KubeObject) => void): Promise<() => void> {
    const response = await this.#send('GET', `${path}?watch=true`)
    let rest = ''
    response.setEncoding('utf8')
    response.on('error', () => undefined)
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: KubeObject }
        event(type, object)
      }
    })
    return () => void response.destroy()
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(method: string, path: string, body?: unknown, contentType?: string): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname } = this.#server
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'bench' }
    if (this.#authorization !== undefined) headers['authorization'] = this.#authorization
    if (body !== undefined && contentType !== undefined) headers['content-type'] = contentType
    const target = { protocol, hostname, port, path: pathname.replace(/\/$/, '') + path, method, headers }
    return new Promise((resolve, reject) => {
      const sent = (protocol === 'https:' ? https : http).request({ ...target, agent: this.#agent }, resolve)
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}

/** The path of an object of the workloads. */
export function pathOf({ apiVersion, kind, metadata }: KubeObject): string {
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  const plural = kind === 'Ingress' ? 'ingresses' : `${kind.toLowerCase()}s`
  return `${base}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`
}

/** Does work, so many at a time. */
export async function inFlight<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane))
}
