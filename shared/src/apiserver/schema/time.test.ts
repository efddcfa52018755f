import { expect, it } from 'vitest'
import { canonicalMicroTime, canonicalTime, microTimeComplaint, timeComplaint } from './time.ts'

it.each([
  ['2026-01-02T03:04:05Z', undefined],
  ['2026-01-02T03:04:05+01:00', undefined],
  ['2026-01-02', 'cannot parse "" as "T"'],
  ['yesterday', 'cannot parse "yesterday" as "2006"'],
  ['2026-13-02T03:04:05Z', 'month out of range'],
  ['2026-02-30T03:04:05Z', 'day out of range'],
])('times are judged as Go does: %s', (text, complaint) => {
  const said = timeComplaint(text)
  if (complaint === undefined) expect(said).toBeUndefined()
  else expect(said).toContain(complaint)
})

it('times are written in UTC, of seconds or of microseconds', () => {
  expect(canonicalTime('2026-01-02T03:04:05.9+01:00')).toBe('2026-01-02T02:04:05Z')
  expect(canonicalMicroTime('2026-01-02T03:04:05.900000+01:00')).toBe('2026-01-02T02:04:05.900000Z')
  expect(microTimeComplaint('2026-01-02T03:04:05.000001Z')).toBeUndefined()
})
