import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HubConfig } from '@flotilla/hub/config'
import { createHub, type Hub } from '@flotilla/hub/hub'
import { silentLog } from '@flotilla/shared/runtime/log'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly body: Record<string, unknown>
}

export interface Ask {
  readonly token?: string | undefined
  readonly body?: unknown
  /** The body as it stands. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A hub alone, with its REST API and nothing else around it. */
export interface RestWorld {
  hub: Hub
  readonly dir: string
  call(method: string, path: string, ask?: Ask): Promise<Answer>
  login(username: string, password: string): Promise<string>
  /** Ends the hub and starts it again on what it kept. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export const password = 'admin-password'

export async function restWorld(options: Partial<HubConfig> = {}): Promise<RestWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'flotilla-rest-'))
  const start = (): Promise<Hub> =>
    createHub(
      { data: dir, host: '127.0.0.1', port: 0, insecure: true, pollMs: 0, adminPassword: password, ...options },
      { log: silentLog() },
    )
  const world: RestWorld = {
    hub: await start(),
    dir,
    async call(method, path, { token, body, raw, headers } = {}) {
      const answer = await fetch(`${world.hub.url}${path}`, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(raw !== undefined ? { body: raw } : body !== undefined ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(10_000),
      })
      const text = await answer.text()
      return { status: answer.status, type: answer.headers.get('content-type') ?? '', text, body: parsed(text) }
    },
    async login(username, secret) {
      const answer = await world.call('POST', '/api/v1/session', { body: { username, password: secret } })
      if (answer.status !== 200) throw new Error(`login of ${username}: ${answer.text}`)
      return String(answer.body['token'])
    },
    async restart() {
      await world.hub.stop()
      world.hub = await start()
    },
    async stop() {
      await world.hub.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
  return world
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
