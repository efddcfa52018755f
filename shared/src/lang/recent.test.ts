import { expect, test } from 'vitest'
import { Recent } from './recent.ts'

test('what was not asked for longest goes first', () => {
  const recent = new Recent<string, number>(2)
  recent.put('a', 1)
  recent.put('b', 2)
  expect(recent.get('a', () => 9)).toBe(1)
  recent.put('c', 3)
  expect([recent.peek('a'), recent.peek('b'), recent.peek('c')]).toEqual([1, undefined, 3])
  recent.forget('a')
  expect(recent.get('a', () => 4)).toBe(4)
})
