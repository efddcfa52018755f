import { request } from 'node:https'
import { request as plainRequest } from 'node:http'

/** Tells a hub of a push, as GitHub does. A hub that is away is not told: it will look for itself. */
export async function tellHub(hub: string, repository: string, ref = 'refs/heads/main'): Promise<void> {
  const body = JSON.stringify({
    ref,
    repository: { html_url: repository.replace(/\.git$/, ''), default_branch: 'main' },
  })
  const headers = { 'content-type': 'application/json', 'x-github-event': 'push' }
  const url = new URL('/api/webhook', hub)
  await new Promise<void>((resolve) => {
    // The certificate is the hub's own; nothing secret is sent.
    const options = { method: 'POST', headers, rejectUnauthorized: false }
    const sent = (url.protocol === 'https:' ? request : plainRequest)(url, options, (response) => {
      response.resume()
      response.once('end', resolve)
    })
    sent.once('error', () => resolve())
    sent.end(body)
  })
}
