import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flotilla, type Ran } from './command-line.ts'

/** Actions of resources by the command line, against a hub that only says what it is told. */
let hub: Server
let dir: string
const bodies: unknown[] = []

const live = (kind: string, name: string) => ({
  liveState: JSON.stringify({ apiVersion: 'apps/v1', kind, metadata: { name, namespace: 't' } }),
})

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-cli-actions-'))
  hub = createServer((request, reply) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://hub')
    const answer = (status: number, body: unknown) => reply.writeHead(status).end(JSON.stringify(body))
    if (pathname.endsWith('/managed-resources')) {
      return answer(200, { items: [live('Deployment', 'front'), live('StatefulSet', 'store')] })
    }
    if (request.method === 'POST') {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        bodies.push(JSON.parse(text))
        answer(200, {})
      })
      return
    }
    if (searchParams.get('kind') === 'StatefulSet') return answer(500, { code: 2, message: 'its script failed' })
    return answer(200, { actions: [{ name: 'restart' }] })
  })
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  hub.close()
  await rm(dir, { recursive: true, force: true })
})

const run = (...args: string[]): Promise<Ran> =>
  flotilla({ hub: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`, dir, token: 't' }, [
    'app',
    'actions',
    ...args,
  ])

it('hands parameters to an action', async () => {
  const { code } = await run('run', 'web', 'scale', '--resource-name', 'front', '--param', 'replicas=3')
  expect(code).toBe(0)
  expect(bodies.at(-1)).toMatchObject({
    action: 'scale',
    resourceName: 'front',
    resourceActionParameters: [{ name: 'replicas', value: '3' }],
  })
  await run('run', 'web', 'restart', '--resource-name', 'front')
  expect(bodies.at(-1)).not.toHaveProperty('resourceActionParameters')
})

it('refuses what is no parameter', async () => {
  const { code, err } = await run('run', 'web', 'scale', '--resource-name', 'front', '--param', 'three')
  expect([code, err]).toEqual([1, expect.stringContaining('parameters are NAME=VALUE, not three') as string])
})

it('lists what can be done with the others, where one object cannot be asked', async () => {
  const { code, out, err } = await run('list', 'web')
  expect(code).toBe(0)
  expect(out).toMatch(/Deployment\s+front\s+restart/)
  expect(err).toContain('warning: StatefulSet store: rpc error: code = Unknown desc = its script failed')
  const alone = await run('list', 'web', '--kind', 'StatefulSet')
  expect(alone.code).not.toBe(0)
})
