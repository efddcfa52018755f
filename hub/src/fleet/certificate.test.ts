import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Clock } from '@flotilla/shared/lang/clock'
import { fingerprintOfPem, givenCertificate, isSelfSigned, ownCertificate, type Certificate } from './certificate.ts'

const clock: Clock = { now: () => Date.UTC(2026, 0, 1), after: () => () => undefined }
let dir: string
let made: Certificate

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flotilla-certificate-'))
  made = await ownCertificate(dir, ['localhost', '127.0.0.1'], clock)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

it('makes a certificate once and keeps it', async () => {
  const again = await ownCertificate(dir, ['elsewhere'], clock)
  expect(again).toEqual(made)
  expect(isSelfSigned(made.cert)).toBe(true)
})

it('serves with the certificate that it is given', () => {
  const given = givenCertificate({ cert: made.cert, key: made.key }, clock)
  expect(given.fingerprint).toBe(fingerprintOfPem(made.cert))
})

it('refuses a key of another certificate, what is no PEM, and what has expired', async () => {
  const other = await ownCertificate(await mkdtemp(join(dir, 'other-')), ['localhost'], clock)
  expect(() => givenCertificate({ cert: made.cert, key: other.key }, clock)).toThrow('does not belong')
  expect(() => givenCertificate({ cert: 'x', key: made.key }, clock)).toThrow('must be PEM')
  const later: Clock = { ...clock, now: () => Date.UTC(2050, 0, 1) }
  expect(() => givenCertificate({ cert: made.cert, key: made.key }, later)).toThrow('expired')
})
