import { expect, test } from 'vitest'
import { isActive, matchingWindows, nextChange, syncPermitted, type ProjectSyncWindow } from './sync-window.ts'

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
