import { X509Certificate, createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { issueCertificate } from './certificate.ts'

const authority = issueCertificate({ subject: [['CN', 'ca']], use: 'authority' })

test('an authority vouches for itself and for others', () => {
  const ca = new X509Certificate(authority.certificate)
  expect([ca.ca, ca.checkIssued(ca), ca.verify(ca.publicKey)]).toEqual([true, true, true])
  const subject = [
    ['O', 'grüne'],
    ['O', 'x'.repeat(300)],
    ['CN', 'me'],
  ] as const
  const { certificate, key } = issueCertificate({ subject, use: 'client' }, authority)
  const issued = new X509Certificate(certificate)
  expect([issued.ca, issued.checkIssued(ca), issued.verify(ca.publicKey)]).toEqual([false, true, true])
  expect(issued.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(issued.toLegacyObject().subject).toEqual({ O: ['grüne', 'x'.repeat(300)], CN: 'me' })
  expect(issued.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  expect(issued.issuer).toBe('CN=ca')
})

test('a server is known by its names and addresses', () => {
  const wish = { subject: [['CN', 's']], use: 'server', dnsNames: ['a.b'], addresses: ['127.0.0.1'] } as const
  const issued = new X509Certificate(issueCertificate(wish, authority).certificate)
  expect(issued.subjectAltName).toBe('DNS:a.b, IP Address:127.0.0.1')
  expect([issued.checkHost('a.b'), issued.checkIP('127.0.0.1'), issued.checkIP('127.0.0.2')]).toEqual([
    'a.b',
    '127.0.0.1',
    undefined,
  ])
  expect([issued.validFrom, issued.validTo]).toEqual(['Jan  1 00:00:00 2020 GMT', 'Dec 31 00:00:00 2049 GMT'])
})
