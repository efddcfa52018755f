import { expect, test } from 'vitest'
import { msUntilEarly } from './seconds.ts'

test.each([
  ['at its beginning', 7_000, 0],
  ['in its first half', 7_499, 0],
  ['in its middle', 7_500, 502],
  ['at its end', 7_999, 3],
])('a second is waited for only late in the one before: %s', (_, now, wait) => {
  expect(msUntilEarly(now)).toBe(wait)
})
