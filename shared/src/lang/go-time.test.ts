import { expect, test } from 'vitest'
import { goTimeProblem } from './go-time.ts'

test.each([
  '2024-02-29T00:00:00Z',
  '2024-01-01T0:00:00Z',
  '2024-01-01T00:00:00.5Z',
  '2024-01-01T00:00:00,5Z',
  '2024-01-01T00:00:00+01:00',
])('%s is a time', (value) => expect(goTimeProblem(value)).toBeUndefined())

test.each([
  ['x', '2006'],
  ['2024', '-', ''],
  ['2024-1-01T00:00:00Z', '01', '1-01T00:00:00Z'],
  ['2024-01-01', 'T', ''],
  ['2024-01-01 00:00:00Z', 'T', ' 00:00:00Z'],
  ['2024-01-01T00:00Z', ':', 'Z'],
  ['2024-01-01T00:00:0Z', '05', '0Z'],
  ['2024-01-01T00:00:00.Z', 'Z07:00', '.Z'],
  ['2024-01-01T00:00:00+0100', 'Z07:00', '+0100'],
])('%s lacks %s', (value, piece, rest = value) => {
  expect(goTimeProblem(value)).toBe(
    `parsing time "${value}" as "2006-01-02T15:04:05Z07:00": cannot parse "${rest}" as "${piece}"`,
  )
})

test.each([
  ['2024-13-01T00:00:00Z', 'month out of range'],
  ['2023-02-29T00:00:00Z', 'day out of range'],
  ['2024-01-01T24:00:00Z', 'hour out of range'],
  ['2024-01-01T00:60:00Z', 'minute out of range'],
  ['2024-01-01T00:00:60Z', 'second out of range'],
  ['2024-01-01T00:00:00+25:00', 'time zone offset hour out of range'],
  ['2024-01-01T00:00:00Zx', 'extra text: "x"'],
])('%s: %s', (value, problem) => {
  expect(goTimeProblem(value)).toBe(`parsing time "${value}": ${problem}`)
})

test('each day that a month has is one, and no other', () => {
  for (const year of ['2023', '2024']) {
    for (let month = 1; month <= 12; month++) {
      const last = new Date(Date.UTC(Number(year), month, 0)).getUTCDate()
      for (let day = 0; day <= 32; day++) {
        const value = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T23:59:59Z`
        expect(goTimeProblem(value) === undefined, value).toBe(day >= 1 && day <= last)
      }
    }
  }
})
