import { expect, it } from 'vitest'
import { highest, parseConstraint } from './semver.ts'

const tags = ['v1.0.0', 'v1.1.0', 'release-a', 'v1.2.0-rc.1', 'v1.2.3', '1.2.4', 'v2.0.0', 'v2.1.0-beta']

it.each([
  ['*', 'v2.0.0'],
  ['v1.*', '1.2.4'],
  ['~1.1', 'v1.1.0'],
  ['~1', '1.2.4'],
  ['^1.1', '1.2.4'],
  ['>=1.0.0 <1.2.0', 'v1.1.0'],
  ['1.0.0 - 1.2.0', 'v1.1.0'],
  ['>=1.2.0-0 <1.2.1', 'v1.2.0-rc.1'],
  ['=1.0.0 || >5', 'v1.0.0'],
  ['>5', undefined],
])('the highest tag that meets %s is %s', (range, tag) => {
  expect(highest(tags, parseConstraint(range) ?? [])).toBe(tag)
})

it('takes no branch name for a range', () => {
  for (const name of ['main', 'release/1.x', 'HEAD~1', ' main ']) expect(parseConstraint(name)).toBeUndefined()
})
