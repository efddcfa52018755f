import { expect, test } from 'vitest'
import { Recent } from './recent.ts'

test('what was asked for last is kept, what was not asked for longest is made again', () => {
  const made: string[] = []
  const recent = new Recent<string, object>(2)
  const get = (key: string): object =>
    recent.get(key, () => {
      made.push(key)
      return {}
    })
  const first = get('a')
  get('b')
  expect(get('a')).toBe(first)
  get('c')
  expect(get('a')).toBe(first)
  get('b')
  expect(made).toEqual(['a', 'b', 'c', 'b'])
})
