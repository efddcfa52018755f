import { expect, test } from 'vitest'
import type { KubeObject } from '../k8s/object.ts'
import { md5 } from '../lang/md5.ts'
import { normalizeEndpoints } from './endpoints.ts'

function subsets(value: unknown): unknown {
  const object = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'e' }, subsets: value } as KubeObject
  return normalizeEndpoints(object)['subsets']
}

test('md5', () => {
  expect(md5('')).toBe('d41d8cd98f00b204e9800998ecf8427e')
  expect(md5('The quick brown fox jumps over the lazy dog')).toBe('9e107d9d372bb6826bd81d3542a419d6')
  expect(md5('x'.repeat(200))).toBe('30a83621ce5422fbdfdd539777458c78')
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
