import { expect, test } from 'vitest'
import { toHeal } from './auto-sync.ts'
import type { ComparedResource } from './compare-types.ts'

function resource(name: string, status?: 'Synced' | 'OutOfSync' | 'Unknown'): ComparedResource {
  const key = { group: '', kind: 'ConfigMap', namespace: 'ns', name }
  const row = { version: 'v1', kind: 'ConfigMap', name, ...(status && { status }) }
  return { key, version: 'v1', hook: status === undefined, modified: false, row }
}

test('self-heal names what differs and hooks that are there, not what cannot be seen', () => {
  const resources = [resource('a', 'Synced'), resource('b', 'OutOfSync'), resource('h'), resource('u', 'Unknown')]
  expect(toHeal({ sync: 'OutOfSync', resources, hooks: [], conditions: [] })).toEqual([
    { kind: 'ConfigMap', name: 'b' },
    { kind: 'ConfigMap', name: 'h' },
  ])
})
