import { expect, it } from 'vitest'
import { printGo } from './go-print.ts'
import { unifiedDiff } from './unified-diff.ts'

it('differences are printed with the lines about them', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', ''].join('\n')
  const after = before.replace('e', 'E')
  expect(
    unifiedDiff(before, after)
      .split('\n')
      .filter((line) => /^[-+]/.test(line) && !/^(---|\+\+\+)/.test(line)),
  ).toEqual(['-e', '+E'])
})

it('structures are printed under the names of their Go fields, with all that is not said', () => {
  expect(printGo('batch.v1.SuccessPolicy', { rules: [{ succeededCount: 1 }] })).toEqual({
    Rules: [{ SucceededIndexes: null, SucceededCount: 1 }],
  })
})
