import type { ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import { virtualClock } from '../../runtime/clock.ts'
import type { Machine } from '../hooks.ts'
import { builtinStrategies } from '../kinds/index.ts'
import { MemoryStore } from '../memory-store.ts'
import { builtinResources } from '../schema/builtin.ts'
import type { PresentOptions } from './present.ts'
import { watchStream } from './watch.ts'

const resource = builtinResources(builtinStrategies).find(
  ({ group, plural }) => group === '' && plural === 'configmaps',
)
const key = { resource: 'configmaps', namespace: 'default', name: 'a' }
const configMap = (value: string, app: string) => {
  const metadata = { name: 'a', namespace: 'default', labels: { app } }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } }
}

/** A client of a watch, as far as the watch looks at it. */
function client(seen: Buffer[]): ServerResponse {
  const response = {
    writableEnded: false,
    writeHead: () => response,
    flushHeaders: () => undefined,
    on: () => response,
    write: (chunk: Buffer) => seen.push(chunk),
  }
  return response as unknown as ServerResponse
}

test('5,000 watches of a kind cost one encoding of each event', async () => {
  const store = new MemoryStore()
  const clock = virtualClock()
  const machine = { store, clock } as unknown as Machine
  if (!resource) throw new Error('no ConfigMaps')
  const options: PresentOptions = {
    accepted: { form: 'plain', version: 'v1', yaml: false },
    includeObject: undefined,
    now: clock.now(),
  }
  const seen: Buffer[] = []
  const selectors = ['', 'labelSelector=app%3Dx', 'labelSelector=app%21%3Dz']
  for (let index = 0; index < 5000; index++) {
    const query = new URLSearchParams(selectors[index % 3])
    await watchStream(machine, resource, '', query, options, client(seen))
  }
  const encode = vi.spyOn(JSON, 'stringify')
  const encodings = (): number =>
    encode.mock.calls.filter(([value]) => ((value ?? {}) as { kind?: unknown }).kind === 'ConfigMap').length
  const created = await store.create(key, configMap('1', 'x'))
  await vi.waitFor(() => expect(seen).toHaveLength(5000))
  expect(encodings()).toBe(1)
  const updated = await store.update(key, configMap('2', 'x'), created.revision)
  await vi.waitFor(() => expect(seen).toHaveLength(10_000))
  expect(encodings()).toBe(2)
  expect(new Set(seen.slice(5000)).size).toBe(1)
  // A third sees it leave; that is one more state to be shown, and nothing else.
  await store.update(key, configMap('3', 'y'), updated.revision)
  await vi.waitFor(() => expect(seen).toHaveLength(15_000))
  expect(encodings()).toBe(3)
  expect(new Set(seen.slice(10_000)).size).toBe(2)
  encode.mockRestore()
})
