import { expect, it } from 'vitest'
import { matchesSelector } from './selector.ts'

it('reads selectors as the Kubernetes API does', () => {
  expect(matchesSelector('')({})).toBe(true)
  expect(matchesSelector('a=b,c in (d, e),!f')({ a: 'b', c: 'e' })).toBe(true)
  expect(matchesSelector('a!=b')({ a: 'b' })).toBe(false)
})

it.each([
  ['((', "found '(', expected: !, identifier, or 'end of string'"],
  ['a===b', "unable to parse requirement: found '=', expected: identifier"],
])('refuses %s in its words', (text, words) => {
  expect(() => matchesSelector(text)).toThrow(`error parsing the selector: ${words}`)
})
