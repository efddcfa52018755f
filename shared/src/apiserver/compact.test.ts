import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { Compactor } from './compact.ts'
import type { Stored } from './object-store.ts'

const key = { resource: 'configmaps', namespace: 'a', name: 'b' }
const object = (value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'b' },
  data: { value },
})

/** Writes so many other objects. */
function write(compactor: Compactor, count: number): Stored[] {
  return Array.from({ length: count }, (_, index) => compactor.keep(key, String(index), object(String(index))))
}

test('what is not used any more is read from its text, and is the same', () => {
  const compactor = new Compactor(100)
  const first = object('süß')
  const kept = compactor.keep(key, '1', first)
  expect(kept.object).toBe(first)
  write(compactor, 20)
  expect(kept.object).not.toBe(first)
  expect(kept.object).toEqual(first)
  expect(kept.text).toBe(JSON.stringify(first))
})

test('what is read again and again is read from its text but once, whatever else is written and read', () => {
  const compactor = new Compactor(100)
  const kept = write(compactor, 50)
  write(compactor, 20)
  const read = kept.map((one) => one.object)
  const others = write(compactor, 500)
  for (const [index, other] of others.entries()) {
    expect(other.object['data']).toEqual({ value: String(index) })
    const one = index % kept.length
    expect(kept[one]?.object).toBe(read[one])
  }
})
