import { expect, test } from 'vitest'
import { parseScheduleError } from './schedules.ts'

test.each(['*/5 * * * *', '@daily', '@every 5m', '0 9-17 * jan-mar mon,fri', 'TZ=UTC 0 0 * * *'])(
  '%s is a schedule',
  (text) => {
    expect(parseScheduleError(text)).toBeUndefined()
  },
)

test.each([
  ['nope', 'expected exactly 5 fields, found 1: [nope]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['@never', 'unrecognized descriptor: @never'],
])('%s is none', (text, complaint) => {
  expect(parseScheduleError(text)).toBe(complaint)
})
