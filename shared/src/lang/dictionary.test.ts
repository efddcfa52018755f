import { expect, test } from 'vitest'
import { dictionary } from './dictionary.ts'

test('T-19: a dictionary has what it was given and nothing else', () => {
  const words = dictionary({ one: 1, constructor: 2 })
  expect([words['one'], words['constructor'], words['toString'], words['__proto__'], 'valueOf' in words]).toEqual([
    1,
    2,
    undefined,
    undefined,
    false,
  ])
})
