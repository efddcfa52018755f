import { expect, test } from 'vitest'
import { globMatch } from './glob.ts'
import { pathMatch } from './path-match.ts'

const long = 'a'.repeat(2_000)

test.each([
  ['*a'.repeat(20) + '*b', long, false],
  ['**a'.repeat(20) + 'b', long, false],
  ['{a,a,aa}'.repeat(20) + 'b', long, false],
  ['{*,*a}'.repeat(10) + 'b', long, false],
  ['?*'.repeat(20) + 'b', long, false],
  ['[a-z]*'.repeat(20) + '!', long, false],
  ['*a'.repeat(20) + '*', long, true],
  ['*/*/*/*', 'a/b/c/d', true],
  ['*.{yaml,yml}*{1,2}', 'x.yml-2', true],
  ['\\**\\**\\**', '*a*b*c', true],
  ['[!a]*[!b]*[!c]*', 'xyz', true],
  ['*\n*.*x*', '1\n2.x', true],
  ['*[z-a]*', 'b', false],
])('T-39: the glob %j is matched in a moment', (pattern, text, matches) => {
  const began = performance.now()
  expect(globMatch(pattern, text)).toBe(matches)
  if (!/[{!]/.test(pattern)) expect(pathMatch(pattern, text)).toBe(matches)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('T-39: both ways to match agree', () => {
  for (const pattern of ['a*b*c', '*a?c*', 'x*[b-c]*', '*é*?*', '*.*'])
    for (const text of ['abc', 'aXbYc', '', 'xbbc', 'é€x', 'a.b', '.', '\u{1f600}.x'])
      expect([pattern, text, globMatch(`${pattern}{,}{,}{,}`, text)]).toEqual([pattern, text, globMatch(pattern, text)])
})
