import { expect, test } from 'vitest'
import { sightOf } from './sight.ts'

const at = Date.parse('2026-01-01T00:00:00Z')
const known = { now: at + 3_000, unknownBefore: false }

test('F-10: a moment of absence changes nothing, a longer one is told with its beginning', () => {
  expect(sightOf('c', { state: 'unknown', since: at }, known)).toEqual({ blind: true, lookAfter: 7_000 })
  expect(sightOf('c', { state: 'unknown', since: at }, { ...known, now: at + 10_000 })).toEqual({
    blind: true,
    awaySince: '2026-01-01T00:00:00Z',
  })
})

test('D7: what was unknown before the hub went down is not known while it waits for the agent', () => {
  const sight = sightOf('c', { state: 'unknown', since: at }, { ...known, unknownBefore: true })
  expect(sight.awaySince).toBe('2026-01-01T00:00:00Z')
})

test('D7: an agent that is there but gets no answer of its cluster sees nothing', () => {
  const trouble = { since: at, message: 'connection refused' }
  expect(sightOf('c', { state: 'connected', since: at, trouble }, known)).toEqual({
    blind: true,
    unreachable: { cluster: 'c', since: '2026-01-01T00:00:00Z', message: 'connection refused' },
  })
  expect(sightOf('c', { state: 'connected', since: at }, known).blind).toBe(false)
})
