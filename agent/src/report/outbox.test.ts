import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { reportMark, reportText, setDigest } from '@flotilla/shared/protocol/digest'
import { virtualClock, type VirtualClock } from '@flotilla/shared/runtime/clock'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ReportOutbox } from './outbox.ts'

let folder: string
let clock: VirtualClock

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flotilla-outbox-'))
  clock = virtualClock()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function report(application: string, sync: 'Synced' | 'OutOfSync', reconciledAt = '2026-01-01T00:00:00Z') {
  return { application, incarnation: '1', generation: 1, sync, reconciledAt } as unknown as ApplicationReport
}

function sentBy(outbox: ReportOutbox): ApplicationReport[] {
  const sent: ApplicationReport[] = []
  outbox.flush((texts) => {
    sent.push(...texts.map((text) => JSON.parse(text) as ApplicationReport))
    return 1
  })
  return sent
}

test('reports travel whole, and what is said again at another time does not', async () => {
  const outbox = await ReportOutbox.open(join(folder, 'reported.json'), clock)
  outbox.report(report('a', 'Synced'))
  outbox.report(report('a', 'Synced', '2026-01-01T00:00:09Z'))
  expect(sentBy(outbox)).toEqual([report('a', 'Synced')])
})

test('what was acknowledged is marked as the hub marks it, and known after a restart', async () => {
  const path = join(folder, 'reported.json')
  const outbox = await ReportOutbox.open(path, clock)
  const said = report('a', 'Synced')
  outbox.report(said)
  sentBy(outbox)
  outbox.acknowledged(1)
  expect(outbox.digest()).toBe(setDigest(new Map([['a', reportMark(reportText(said), sha256)]]), sha256))
  await outbox.save()
  const next = await ReportOutbox.open(path, clock)
  expect(next.digest()).toBe(outbox.digest())
  next.report(report('a', 'Synced', '2026-01-01T00:00:09Z'))
  expect(next.waiting).toBe(0)
})

test('while little happens, what is under way is told at once', async () => {
  const outbox = await ReportOutbox.open(join(folder, 'reported.json'), clock)
  outbox.passing('a', () => report('a', 'OutOfSync'))
  expect(sentBy(outbox)).toEqual([report('a', 'OutOfSync')])
})

test('while much happens, what is under way waits for its end', async () => {
  const outbox = await ReportOutbox.open(join(folder, 'reported.json'), clock)
  for (let index = 0; index < 10; index++) outbox.passing(`${index}`, () => report(`${index}`, 'OutOfSync'))
  expect(sentBy(outbox)).toHaveLength(10)
  outbox.passing('3', () => report('3', 'Synced'))
  expect(sentBy(outbox)).toEqual([report('3', 'Synced')])
  outbox.passing('ends', () => report('ends', 'OutOfSync'))
  outbox.passing('lasts', () => report('lasts', 'OutOfSync'))
  outbox.passing('ended', () => undefined)
  expect(outbox.waiting).toBe(0)
  outbox.report(report('ends', 'Synced'))
  await clock.advance(1_000)
  expect(sentBy(outbox)).toEqual([report('ends', 'Synced'), report('lasts', 'OutOfSync')])
})
