import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { flotilla } from './command-line.ts'

it('Trap 20: app diff ends with 0 where nothing differs, with 1 where something does, with 20 where it fails', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'flotilla-cli-codes-'))
  const object = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { value } })
  const state = { live: 'one', status: 200 }
  const hub = createServer((request, reply) => {
    const item = {
      kind: 'ConfigMap',
      name: 'a',
      targetState: JSON.stringify(object('one')),
      liveState: JSON.stringify(object(state.live)),
      normalizedLiveState: JSON.stringify(object(state.live)),
      predictedLiveState: JSON.stringify(object('one')),
      modified: state.live !== 'one',
    }
    const spec = { source: { repoURL: 'r', path: 'p' }, destination: {}, project: 'default' }
    const app = { metadata: { name: 'web' }, spec }
    const body = request.url?.includes('/managed-resources') ? { items: [item] } : app
    reply.writeHead(state.status).end(JSON.stringify(state.status === 200 ? body : { code: 2, message: 'it broke' }))
  })
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`
  const diff = async () => (await flotilla({ hub: url, dir, token: 't' }, ['app', 'diff', 'web'])).code
  try {
    expect(await diff()).toBe(0)
    state.live = 'two'
    expect(await diff()).toBe(1)
    state.status = 500
    expect(await diff()).toBe(20)
  } finally {
    hub.close()
    await rm(dir, { recursive: true, force: true })
  }
})
