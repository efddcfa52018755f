import { expect, test } from 'vitest'
import type { KubeObject } from './object.ts'
import { secretMasker } from './redact.ts'

function secret(data: Record<string, string>, annotations?: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', ...(annotations ? { annotations } : {}) }, data }
}

test('equal values of a key have equal masks, different ones differ', () => {
  const masker = secretMasker()
  expect(masker.mask(secret({ a: 'eA==', b: 'eA==' }))['data']).toEqual({ a: '++++++++', b: '++++++++' })
  expect(masker.mask(secret({ a: 'eQ==', b: 'eA==' }))['data']).toEqual({ a: '++++++++++++', b: '++++++++' })
})

test('the copy in last-applied is masked, and what cannot be read is hidden whole', () => {
  const key = 'kubectl.kubernetes.io/last-applied-configuration'
  const applied = JSON.stringify(secret({ a: 'eA==' }))
  const masked = secretMasker().mask(secret({ a: 'eA==' }, { [key]: applied }))
  expect(masked.metadata.annotations?.[key]).toContain('"a":"++++++++"')
  const broken = secretMasker().mask(secret({}, { [key]: '{"data":{"a":"eA==' }))
  expect(broken.metadata.annotations?.[key]).toBe('++++++++')
})

test('sensitive annotations are masked where settings name them', () => {
  const masked = secretMasker(['token']).mask(secret({}, { token: 'x', plain: 'y' }))
  expect(masked.metadata.annotations).toEqual({ token: '++++++++', plain: 'y' })
})

test('other kinds are not touched', () => {
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }
  expect(secretMasker().mask(object)).toBe(object)
})
