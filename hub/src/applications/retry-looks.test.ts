import type { Clock } from '@flotilla/shared/lang/clock'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { expect, test } from 'vitest'
import { RetryLooks } from './retry-looks.ts'

const waiting = (refresh: boolean): ApplicationReport =>
  ({
    operationState: {
      phase: 'Running',
      retryCount: 1,
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:01Z',
      operation: { sync: {}, retry: { limit: 3, refresh, backoff: { duration: '20s' } } },
    },
  }) as unknown as ApplicationReport

test('the sources are looked at before a retry that wants them new, and only then', () => {
  const timers: { ms: number; run: () => void; on: boolean }[] = []
  const clock = {
    after(ms: number, run: () => void) {
      const timer = { ms, run, on: true }
      timers.push(timer)
      return () => (timer.on = false)
    },
  } as unknown as Clock
  const looked: string[] = []
  const looks = new RetryLooks(clock, (key) => looked.push(key))
  looks.heard('plain', waiting(false))
  looks.heard('new', waiting(true))
  expect(timers.map(({ ms }) => ms)).toEqual([19_000])
  timers[0]?.run()
  expect(looked).toEqual(['new'])
  looks.heard('new', waiting(true))
  looks.heard('new', { ...waiting(true), operationState: undefined } as unknown as ApplicationReport)
  expect(timers.map(({ on }) => on)).toEqual([true, false])
})
