import { expect, test } from 'vitest'
import { globMatch } from './glob.ts'

test.each([
  ['?', '', true],
  ['?', 'a', true],
  ['?', 'ab', false],
  ['a?', 'a', false],
  ['a*', 'a', true],
  ['{a,b}', 'b', true],
  ['[ab', 'a', false],
  ['a\\', 'a', true],
])('%s: %s', (pattern, value, matches) => {
  expect(globMatch(pattern, value)).toBe(matches)
})

test('a separator is no letter', () => {
  expect(globMatch('?', '/', '/')).toBe(false)
})
