import { seededRandom } from '@flotilla/shared/runtime/random'
import { expect, test } from 'vitest'
import { uniqueEnding } from './record.ts'

test('names of Events stand in the order of time, also of one moment', () => {
  const random = seededRandom(1)
  const now = Date.parse('2026-01-01T00:00:00Z')
  const endings = [
    ...Array.from({ length: 6 }, (_, place) => uniqueEnding(now, random, place)),
    uniqueEnding(now + 1, random),
  ]
  expect(endings.toSorted()).toEqual(endings)
  expect(new Set(endings).size).toBe(7)
  expect(endings[0]).toMatch(/^1886[0-9a-f]{12}$/)
})
