import { expect, test } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { MemoryStore } from '../memory-store.ts'
import type { Stored } from '../object-store.ts'
import { builtinResources } from '../schema/builtin.ts'
import { listText } from './list-text.ts'
import { presentList, type PresentOptions } from './present.ts'

const resource = builtinResources().find(({ group, plural }) => group === '' && plural === 'configmaps')
if (!resource) throw new Error('no ConfigMaps')
const plain: PresentOptions = {
  accepted: { form: 'plain', version: 'v1', yaml: false },
  includeObject: undefined,
  now: 0,
}

async function kept(objects: readonly object[], values?: number): Promise<readonly Stored[]> {
  const store = new MemoryStore(values === undefined ? {} : { values })
  for (const [index, object] of objects.entries()) {
    const name = `n${String(index).padStart(5, '0')}`
    await store.create({ resource: 'configmaps', namespace: 'a', name }, object as KubeObject)
  }
  return (await store.list({ resource: 'configmaps' })).items
}

const objects = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { text: 'süß \u2028 😀 "\\' } },
  { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'b' } },
  { metadata: { name: 'c' }, data: { kind: 'x' }, kind: 'ConfigMap', apiVersion: 'v1' },
]

test.each([
  ['nothing', [], undefined, false],
  ['values', objects, undefined, false],
  ['texts', objects, 1, false],
  ['custom resources', objects, 1, true],
])('a list of %s says the same as its objects, read and written anew', async (_, given, values, custom) => {
  const row = { ...resource, custom }
  const stored = await kept(given, values)
  const metadata = { resourceVersion: '7' }
  const text = Buffer.concat([...listText(row, stored, metadata)]).toString()
  const shown = presentList(
    row,
    stored.map(({ object }) => object),
    metadata,
    plain,
  )
  expect(text).toBe(`${JSON.stringify(shown)}\n`)
})

test('a long list comes in pieces', async () => {
  const long = Array.from({ length: 3000 }, (_, index) => ({ ...objects[0], data: { text: `${index}`.repeat(100) } }))
  const pieces = [...listText(resource, await kept(long), {})]
  expect(pieces.length).toBeGreaterThan(1)
  const { items } = JSON.parse(Buffer.concat(pieces).toString()) as { items: KubeObject[] }
  expect(items).toHaveLength(3000)
  expect(items.at(-1)?.['data']).toEqual({ text: '2999'.repeat(100) })
})
