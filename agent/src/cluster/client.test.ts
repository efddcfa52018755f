import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
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
