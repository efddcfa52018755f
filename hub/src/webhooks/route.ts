import type { FastifyInstance } from 'fastify'
import { annotation } from '@flotilla/shared/argo/annotations'
import { sourcesOf } from '@flotilla/shared/argo/application'
import type { ApiContext } from '../api/context.ts'
import { secretText } from '../applications/clusters.ts'
import { createLooks, type Look } from './looks.ts'
import { isAffected, sameRepository } from './match.ts'
import { parsePush, type Push } from './push.ts'
import { forgery, isPush, secretKeyOf, senderOf } from './sender.ts'

/** Argo CD takes 50 MB; pushes of thousands of commits fit into a fraction of it. */
const payloadLimit = 10 * 1024 * 1024

type WebhookContext = Pick<ApiContext, 'controller' | 'repositories' | 'sessions' | 'clock'>

/** `POST /api/webhook`: after a push, whatever reads from that repository is looked at anew, at once. */
export async function addWebhookRoute(app: FastifyInstance, context: WebhookContext): Promise<void> {
  const { controller, repositories } = context
  const look = createLooks(context.clock, lookBy(context))
  const follow = (push: Push): void => {
    const urls = new Set([...repositories.urls(), ...controller.urls()])
    for (const url of urls) if (sameRepository(url, push)) look(url, push)
  }
  await app.register((scope, _options, done) => {
    // The signature covers the bytes as they came.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.setErrorHandler((error, _request, reply) => {
      const tooLarge = (error as { statusCode?: number }).statusCode === 413
      const text = tooLarge ? `the payload is larger than ${payloadLimit} bytes` : 'internal error'
      return reply
        .code(tooLarge ? 413 : 500)
        .type('text/plain')
        .send(`Webhook processing failed: ${text}\n`)
    })
    scope.post('/api/webhook', { bodyLimit: payloadLimit }, async (request, reply) => {
      const raw = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
      const refuse = (text: string) => reply.code(400).type('text/plain').send(`${text}\n`)
      const sender = senderOf(request.headers)
      if (!sender) return refuse('Unknown webhook event')
      const secret = secretText(await context.sessions.secret(), secretKeyOf(sender))
      const forged = secret ? forgery(sender, request.headers, raw, secret) : undefined
      if (forged !== undefined) return refuse(`Webhook processing failed: ${forged}`)
      if (!isPush(sender, request.headers)) return reply.code(200).send('')
      const payload = parseJson(raw)
      if (payload === undefined) return refuse('Webhook processing failed: error parsing payload')
      const push = parsePush(payload)
      if (push) follow(push)
      return reply.code(200).send('')
    })
    done()
  })
}

/** Asks a remote for its refs, then has the applications that follow what was pushed looked at. */
function lookBy({ controller, repositories }: WebhookContext): Look {
  return async (url, pushes) => {
    await repositories.refresh(url).catch(() => undefined)
    for (const key of controller.usersOf(url)) {
      const application = controller.app(key)
      if (!application) continue
      const paths = application.metadata.annotations?.[annotation.manifestGeneratePaths]
      const sources = sourcesOf(application.spec)
      if (pushes.some((push) => isAffected(sources, paths, push))) controller.touch(key)
    }
  }
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
