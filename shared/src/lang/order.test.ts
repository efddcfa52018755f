import { expect, test } from 'vitest'
import { byKey, inOrder, orderedBy } from './order.ts'

test('orders texts by their characters, numbers by their size, and leaves equals as they were', () => {
  expect(['b', 'a-c', 'ab', 'B', 'a'].toSorted(inOrder)).toEqual(['B', 'a', 'a-c', 'ab', 'b'])
  expect([10, 9, -1].toSorted(inOrder)).toEqual([-1, 9, 10])
  expect(Object.entries({ b: 1, a: 2 }).toSorted(byKey)).toEqual([
    ['a', 2],
    ['b', 1],
  ])
  const rows = ['b1', 'a1', 'b2', 'a2']
  expect(rows.toSorted(orderedBy((row) => row.slice(0, 1)))).toEqual(['a1', 'a2', 'b1', 'b2'])
})
