import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { secretText } from '../applications/clusters.ts'
import type { ApiContext } from '../api/context.ts'
import { normalizeGitUrl } from '../projects/permits.ts'

interface Push {
  repository?: { clone_url?: string; html_url?: string; ssh_url?: string }
  project?: { git_http_url?: string; web_url?: string }
}

/** `POST /api/webhook`: a push of GitHub or GitLab has the applications of that repository looked at anew, at once. */
export async function addWebhookRoute(app: FastifyInstance, context: ApiContext): Promise<void> {
  await app.register((scope, _options, done) => {
    // The signature covers the bytes as they came.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.post('/api/webhook', async (request, reply) => {
      const raw = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
      const { headers } = request
      const secret = await context.sessions.secret()
      const refuse = (text: string) => reply.code(400).type('text/plain').send(`${text}\n`)
      if (headers['x-github-event'] !== undefined) {
        const key = secretText(secret, 'webhook.github.secret')
        const expected = key ? `sha256=${createHmac('sha256', key).update(raw).digest('hex')}` : ''
        if (key && !equal(expected, String(headers['x-hub-signature-256'] ?? '')))
          return refuse('HMAC verification failed')
      } else if (headers['x-gitlab-event'] !== undefined) {
        const key = secretText(secret, 'webhook.gitlab.secret')
        if (key && !equal(key, String(headers['x-gitlab-token'] ?? '')))
          return refuse('X-Gitlab-Token validation failed')
      } else return refuse('Unknown webhook event')
      let push: Push
      try {
        push = JSON.parse(raw.toString('utf8')) as Push
      } catch {
        return refuse('Webhook processing failed: the payload is no JSON')
      }
      const { repository, project } = push
      const named = [repository?.clone_url, repository?.html_url, project?.git_http_url, project?.web_url]
      const wanted = new Set(named.flatMap((url) => (url ? [normalizeGitUrl(url)] : [])))
      for (const url of context.controller.urls()) {
        if (!wanted.has(normalizeGitUrl(url))) continue
        void context.repositories
          .refresh(url)
          .catch(() => undefined)
          .then(() => {
            for (const key of context.controller.usersOf(url)) context.controller.touch(key)
          })
      }
      return reply.code(200).send('')
    })
    done()
  })
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
