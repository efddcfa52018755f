import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'

/** What a webhook is asked. */
export interface ReviewRequest {
  readonly uid: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly requestKind: { readonly version: string }
  readonly operation: string
  readonly name?: string
  readonly namespace?: string
  readonly dryRun: boolean
  readonly userInfo: { readonly username: string; readonly groups?: readonly string[] }
  readonly object: { readonly metadata: Readonly<Record<string, unknown>>; readonly [field: string]: unknown } | null
  readonly oldObject: unknown
}

/** What it answers, beside the uid; a text is sent as it is; undefined: never. */
export type Reply = Readonly<Record<string, unknown>> | string | undefined

export interface WebhookServer {
  readonly port: number
  readonly url: string
  /** For `caBundle`. */
  readonly bundle: string
  readonly asked: readonly ReviewRequest[]
  close(): Promise<void>
}

/** A webhook over HTTPS on loopback, for tests; its certificate is also that of the service `hook` in namespace `a`. */
export async function webhookServer(reply: (request: ReviewRequest) => Reply): Promise<WebhookServer> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'hook' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'hook.a.svc' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  const asked: ReviewRequest[] = []
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        request: ReviewRequest
        apiVersion: string
      }
      asked.push(review.request)
      const answer = reply(review.request)
      if (answer === undefined) return
      if (typeof answer === 'string') return void response.end(answer)
      const { apiVersion } = review
      response.end(
        JSON.stringify({ kind: 'AdmissionReview', apiVersion, response: { uid: review.request.uid, ...answer } }),
      )
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://127.0.0.1:${port}/review`,
    bundle: Buffer.from(cert).toString('base64'),
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

/** A patch as a webhook sends it. */
export const jsonPatchReply = (...operations: readonly object[]): Reply => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
})
