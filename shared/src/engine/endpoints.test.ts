import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { fnv128a } from '../lang/fnv.ts'
import { normalizeEndpoints } from './endpoints.ts'

function subsets(value: unknown): unknown {
  const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'e' }, subsets: value } as KubeObject
  return normalizeEndpoints(object)['subsets']
}

test('fnv-1a of 128 bits', () => {
  expect(fnv128a('')).toBe('6c62272e07bb014262b821756295c58d')
  expect(fnv128a('a')).toBe('d228cb696f1a8caf78912b704e4a8964')
})

test('addresses come by what they say, ports by their hash, with a protocol', () => {
  const given = [
    {
      addresses: [{ ip: '1.1.1.2' }, { ip: '1.1.1.1', nope: 1 }],
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    },
  ]
  const [found] = subsets(given) as [{ addresses: unknown; ports: { name: string; protocol: string }[] }]
  expect(found.addresses).toEqual([{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }])
  expect(found.ports.map(({ name, protocol }) => `${name}/${protocol}`)).toEqual(['b/TCP', 'a/TCP'])
})

test('two ways to write one thing become one', () => {
  const [a, b] = [{ addresses: [{ ip: '1.1.1.1' }] }, { notReadyAddresses: [{ ip: '1.1.1.2', hostname: 'h' }] }]
  expect(subsets([a, b])).toEqual(subsets([b, a]))
})
