import { Agent, request } from 'undici'

/** The hub's REST API, as `admin`. */
export interface Rest {
  get(path: string): Promise<{ readonly code: number; readonly text: string }>
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<{ readonly code: number; readonly text: string }>
  readonly token: string
}

/** Logs in. */
export async function restOf(url: string, password: string): Promise<Rest> {
  // The hub made its certificate itself.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, token?: string, body?: object) => {
    const answer = await request(new URL(path, url), {
      method,
      dispatcher,
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { code: answer.statusCode, text: await answer.body.text() }
  }
  const session = await call('POST', '/api/v1/session', undefined, { username: 'admin', password })
  const { token } = JSON.parse(session.text) as { token: string }
  return {
    token,
    get: (path) => call('GET', path, token),
    send: (method, path, body) => call(method, path, token, body),
  }
}
