import { expect, test } from 'vitest'
import { dueTimes, scheduleOf } from './cron-schedule.ts'

const at = (text: string): number => Date.parse(text)
const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString()

test.each([
  ['*/5 * * * *', undefined, '2026-01-01T00:02:10Z', '2026-01-01T00:05:00.000Z'],
  ['0 9 * * 1-5', 'Europe/Berlin', '2026-07-04T00:00:00Z', '2026-07-06T07:00:00.000Z'],
  ['0 0 13 * 5', undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z'],
  ['@hourly', undefined, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000Z'],
  ['@every 1h30m', undefined, '2026-01-01T00:00:00.500Z', '2026-01-01T01:30:00.000Z'],
  ['30 2 ? * ?', undefined, '2026-01-01T03:00:00Z', '2026-01-02T02:30:00.000Z'],
])('%j in %s after %s is %s', (schedule, zone, after, expected) => {
  expect(iso(scheduleOf(schedule, zone)(at(after)))).toBe(expected)
})

test('of many missed times the last is due', () => {
  const every = scheduleOf('* * * * *')
  const now = at('2026-01-08T00:00:30Z')
  expect(dueTimes(every, at('2026-01-01T00:00:00Z'), now)).toEqual({ last: at('2026-01-08T00:00:00Z'), missed: 10_080 })
  expect(dueTimes(every, now, now)).toEqual({ missed: 0 })
})

test('a day that never comes is never due', () => {
  expect(scheduleOf('0 0 31 2 *')(at('2026-01-01T00:00:00Z'))).toBeUndefined()
})
