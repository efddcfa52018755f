import { expect, test } from 'vitest'
import { sha256 } from '../runtime/sha256.ts'
import { canonicalJson } from './digest.ts'
import { Down } from './down.ts'
import { Up } from './up.ts'
import { PROTOCOL_VERSION, chooseVersion } from './version.ts'

// If this fails the wire has changed. Can an agent of the last release still talk to this hub, and the other way round?
// If not, raise PROTOCOL_VERSION and say in version.ts what is new. Then pin the new hash.
test('the wire cannot change unnoticed', () => {
  const hash = sha256(canonicalJson({ up: Up, down: Down })).slice(0, 16)
  expect({ version: PROTOCOL_VERSION, hash }).toEqual({ version: 2, hash: 'fed8bcd7da27b1db' })
})

test('T-09: the newest common version is chosen, and none where there is none', () => {
  expect(chooseVersion(['flotilla.99', 'flotilla.1'])).toBe(1)
  expect(chooseVersion(['flotilla.1', 'flotilla.2'])).toBe(2)
  expect(chooseVersion(['flotilla.99'])).toBeUndefined()
  expect(chooseVersion([])).toBeUndefined()
})
