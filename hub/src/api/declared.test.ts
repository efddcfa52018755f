import { expect, it } from 'vitest'
import { isServed } from './declared.ts'

it('knows the paths of the API, whatever is done there', () => {
  expect(isServed('/api/v1/applications/a/sync')).toBe(true)
  expect(isServed('/api/v1/account/can-i/applications/sync/default/a')).toBe(true)
  expect(isServed('/api/v1/nonsense')).toBe(false)
  expect(isServed('/api/v1/applications/a/nonsense')).toBe(false)
})
