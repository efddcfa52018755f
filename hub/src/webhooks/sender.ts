import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Who sent an event, told by its headers. */
export type Sender = 'gogs' | 'github' | 'gitlab'

/** Argo CD's order: Gitea sends the headers of all three of its ancestors. */
export function senderOf(headers: IncomingHttpHeaders): Sender | undefined {
  if (headers['x-gogs-event'] !== undefined) return 'gogs'
  if (headers['x-github-event'] !== undefined) return 'github'
  return headers['x-gitlab-event'] === undefined ? undefined : 'gitlab'
}

/** The key of `argocd-secret` that holds what a sender shares with us. */
export function secretKeyOf(sender: Sender): string {
  return `webhook.${sender}.secret`
}

/** Whether the event is one that says what was pushed; others are taken and change nothing. */
export function isPush(sender: Sender, headers: IncomingHttpHeaders): boolean {
  const event = headers[`x-${sender}-event`]
  if (sender !== 'gitlab') return event === 'push'
  return event === 'Push Hook' || event === 'Tag Push Hook' || event === 'System Hook'
}

/** Why an event is not from who it says, over the bytes as they came; undefined where it is. */
export function forgery(
  sender: Sender,
  headers: IncomingHttpHeaders,
  raw: Uint8Array,
  secret: string,
): string | undefined {
  if (sender === 'gitlab')
    return same(String(headers['x-gitlab-token'] ?? ''), secret) ? undefined : 'X-Gitlab-Token validation failed'
  const header = sender === 'github' ? 'X-Hub-Signature-256' : 'X-Gogs-Signature'
  const signature = headers[header.toLowerCase()]
  if (typeof signature !== 'string' || signature === '') return `missing ${header} Header`
  const digest = createHmac('sha256', secret).update(raw).digest('hex')
  const expected = sender === 'github' ? `sha256=${digest}` : digest
  return same(signature, expected) ? undefined : 'HMAC verification failed'
}

/** Compares through digests, so that neither content nor length shows in the time it takes. */
function same(a: string, b: string): boolean {
  const digest = (value: string): Buffer => createHmac('sha256', 'compare').update(value).digest()
  return timingSafeEqual(digest(a), digest(b))
}
