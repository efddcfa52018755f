import { expect, it } from 'vitest'
import type { Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import { beginOperation } from './operate.ts'

const bundle = { revisions: ['one'] } as unknown as Bundle
const settings = { sources: [] } as unknown as SyncSettings
const at = (time: string) => Date.parse(time)

it('gives each run a second of its own, so that two alike within one second can be told apart', () => {
  const first = beginOperation({ sync: {} }, bundle, settings, at('2026-01-01T00:00:00.100Z'))
  const second = beginOperation({ sync: {} }, bundle, settings, at('2026-01-01T00:00:00.600Z'), first)
  const third = beginOperation({ sync: {} }, bundle, settings, at('2026-01-01T00:00:00.900Z'), second)
  expect([first, second, third].map(({ startedAt }) => startedAt)).toEqual([
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:01Z',
    '2026-01-01T00:00:02Z',
  ])
})

it('follows a clock that was set back', () => {
  const before = beginOperation({ sync: {} }, bundle, settings, at('2026-01-01T08:00:00Z'))
  const after = beginOperation({ sync: {} }, bundle, settings, at('2026-01-01T00:00:00Z'), before)
  expect(after.startedAt).toBe('2026-01-01T00:00:00Z')
})
