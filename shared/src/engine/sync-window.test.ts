import { describe, expect, test } from 'vitest'
import {
  isActive,
  matchingWindows,
  nextChange,
  syncPermitted,
  windowsProblem,
  type ProjectSyncWindow,
} from './sync-window.ts'

const noon = Date.parse('2026-01-15T12:00:00Z')
const hour = 3_600_000

function window(more: Partial<ProjectSyncWindow>): ProjectSyncWindow {
  return { kind: 'deny', schedule: '0 11 * * *', duration: '2h', applications: ['*'], ...more }
}

test('a window is open from its start for its duration', () => {
  expect([10.9, 11.1, 12.9, 13.1].map((at) => isActive(window({}), noon + (at - 12) * hour))).toEqual([
    false,
    true,
    true,
    false,
  ])
})

test('a window keeps the time of its zone; a zone that does not exist is UTC', () => {
  expect(isActive(window({ timeZone: 'America/New_York' }), noon)).toBe(false)
  expect(isActive(window({ timeZone: 'America/New_York' }), noon + 5 * hour)).toBe(true)
  expect(isActive(window({ timeZone: 'No/Where' }), noon)).toBe(true)
})

test('says when a window opens or closes next', () => {
  expect(nextChange(window({}), noon)).toBe(noon + hour)
  expect(nextChange(window({}), noon + 2 * hour)).toBe(noon + 23 * hour)
})

test('what cannot be read denies', () => {
  for (const broken of [window({ schedule: 'nonsense' }), window({ duration: 'long' })]) {
    expect(syncPermitted([broken], { now: noon, manual: true }).allowed).toBe(false)
  }
})

test('a sync that began when it was allowed may overrun, where every closed window says so', () => {
  const question = { now: noon, manual: false, startedAt: noon - 2 * hour }
  expect(syncPermitted([window({ syncOverrun: true })], question).allowed).toBe(true)
  expect(syncPermitted([window({ syncOverrun: true }), window({})], question).allowed).toBe(false)
  expect(syncPermitted([window({ syncOverrun: true })], { now: noon, manual: false }).allowed).toBe(false)
})

test('a refusal names its windows', () => {
  expect(syncPermitted([window({})], { now: noon, manual: false }).reason).toBe(
    'a deny window is open (deny:0 11 * * *:2h)',
  )
})

test('selectors are alternatives, unless andOperator joins them', () => {
  const subject = { name: 'shop', destination: { namespace: 'prod', server: 'https://a' } }
  const mixed = window({ applications: ['other'], namespaces: ['prod'] })
  expect(matchingWindows([mixed], subject)).toHaveLength(1)
  expect(matchingWindows([{ ...mixed, andOperator: true }], subject)).toHaveLength(0)
})

describe('schedules are read as Argo CD reads them', () => {
  // A minute is open for a minute, so this asks which minutes a schedule names.
  const opens = (schedule: string, at: string): boolean | undefined =>
    isActive(window({ schedule, duration: '1m' }), Date.parse(at) + 30_000)

  test.each([
    ['a number with a step goes on to the end', '20/15 * * * *', '2026-01-15T12:35:00Z', true],
    ['a step beyond the end is the first number alone', '*/70 * * * *', '2026-01-15T12:00:00Z', true],
    ['a step beyond the days of the week', '0 12 * * 4/4', '2026-01-15T12:00:00Z', true],
    ['names of months and days', '0 12 * jan THU', '2026-01-15T12:00:00Z', true],
    ['the day of the month or that of the week', '0 12 1 * 4', '2026-01-15T12:00:00Z', true],
    ['both, where one is any', '0 12 1 * *', '2026-01-15T12:00:00Z', false],
    ['a step makes a star one of the two', '0 12 */2 * 5', '2026-01-15T12:00:00Z', true],
    ['a zone of its own', 'TZ=Asia/Kolkata 30 17 * * *', '2026-01-15T12:00:00Z', true],
    ['a day that never comes', '0 0 30 2 *', '2026-01-15T12:00:00Z', false],
  ])('%s', (_, schedule, at, open) => {
    expect(opens(schedule, at)).toBe(open)
  })

  test.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['@daily', 'parser does not accept descriptors: @daily'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['TZ=No/Where * * * * *', 'provided bad location No/Where: unknown time zone No/Where'],
  ])('%s', (schedule, error) => {
    expect(windowsProblem([window({ schedule })])).toBe(
      `invalid sync windows: cannot parse schedule '${schedule}': ${error}`,
    )
  })

  test.each([
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1h1', 'time: missing unit in duration "1h1"'],
    ['', 'time: invalid duration ""'],
    ['x', 'time: invalid duration "x"'],
  ])('duration %s', (duration, error) => {
    expect(windowsProblem([window({ duration })])).toBe(
      `invalid sync windows: cannot parse duration '${duration}': ${error}`,
    )
  })
})

test("a zone's clock is taken as it is set now, also for the start of a window before the clocks changed", () => {
  const berlin = window({ schedule: '0 22 28 * *', duration: '12h', timeZone: 'Europe/Berlin' })
  // At three in the morning the clocks went forward: summer time now, so the window of 22:00 began at 20:00 UTC.
  expect(nextChange(berlin, Date.parse('2026-03-29T06:00:00Z'))).toBe(Date.parse('2026-03-29T08:00:00Z'))
})
