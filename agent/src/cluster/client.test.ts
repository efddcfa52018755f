import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Connection } from './auth.ts'
import { createClusterClient } from './client.ts'

const kind = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true, verbs: ['list'] }
const clock = { now: () => 0, after: () => () => undefined }
const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length), uuid: () => '' }

/** A client of a server that says this one thing. */
async function clientOf(answer: unknown) {
  const server = createServer((_, response) => response.end(JSON.stringify(answer)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connection = { server: `http://127.0.0.1:${port}`, tls: {}, headers: async () => ({}) }
  const client = createClusterClient({ connection, clock, random })
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  return client
}

test('an empty list of metadata has null for its items, as API servers write it', async () => {
  const metadata = { resourceVersion: '7' }
  const client = await clientOf({
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    items: null,
  })
  const seen: unknown[] = []
  expect(await client.list(kind, {}, (objects) => seen.push(...objects))).toBe('7')
  expect(seen).toEqual([])
})

test('what has no items at all is no list, and nothing is taken from it', async () => {
  const client = await clientOf({ kind: 'Status', status: 'Success' })
  await expect(client.list(kind, {}, () => undefined)).rejects.toThrow('the list of pods has no items')
})

test('F-28: a credential that was replaced where it came from is used without a restart, and looked up seldom', async () => {
  let accepted = 'one'
  let written = 'one'
  let read = 0
  let now = 0
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${accepted}`
    response.statusCode = isKnown ? 200 : 401
    response.end(isKnown ? '{}' : JSON.stringify({ kind: 'Status', code: 401, message: 'Unauthorized' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const connect = (): Connection => {
    const token = written
    read++
    const headers = async () => ({ authorization: `Bearer ${token}` })
    return { server: url, tls: {}, headers, renew: async () => connect() }
  }
  const client = createClusterClient({ connection: connect(), clock: { ...clock, now: () => now }, random })
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  const ask = async () => (await client.request({ method: 'POST', path: '/x', body: {} })).code
  expect(await ask()).toBe(200)
  accepted = 'two'
  await expect(ask()).rejects.toThrow('Unauthorized')
  await expect(ask()).rejects.toThrow('Unauthorized')
  expect(read).toBe(2)
  written = 'two'
  now += 10_000
  expect(await ask()).toBe(200)
})

test('F-28: so is the address of a server that has moved', async () => {
  const servers = await Promise.all(
    [1, 2].map(async () => {
      const server = createServer((_, response) => response.end('{}'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const [before, after] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const headers = async () => ({})
  const moved = { server: after ?? '', tls: {}, headers }
  const connection = { server: before ?? '', tls: {}, headers, renew: async () => moved }
  const client = createClusterClient({ connection, clock, random })
  onTestFinished(async () => {
    await client.close()
    servers[1]?.close()
  })
  await new Promise((resolve) => servers[0]?.close(resolve))
  expect((await client.request({ method: 'GET', path: '/x' })).code).toBe(200)
})
