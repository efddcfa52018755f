import { createPrivateKey, X509Certificate } from 'node:crypto'
import bcryptjs from 'bcryptjs'
import { seededRandom } from '@flotilla/shared/runtime/random'
import { expect, test } from 'vitest'
import { renderGo } from './go.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const render = (text: string): string => renderGo([], () => now, seededRandom(1))(text, { name: 'x' })

test.each([
  ['{{ derivePassword 2 "pin" "pw" "u" "s" }}', '4291'],
  ['{{ derivePassword 1 "nokind" "pw" "u" "s" }}', 'cannot find password template nokind'],
  ['{{ htpasswd "a:b" "p" }}', 'invalid username: a:b'],
  ['{{ bcrypt (repeat 73 "x") }}', 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'],
  ['{{ encryptAES "key" "text" | decryptAES "key" }}', 'text'],
  ['{{ randAlpha 5 | len }} {{ randBytes 3 | len }} {{ randAscii 0 | len }}', '5 4 0'],
  ['{{ genPrivateKey "x" }}', 'Unknown type x'],
  ['{{ genPrivateKey "ecdsa" | trunc 30 }}', '-----BEGIN EC PRIVATE KEY-----'],
])('%s', (text, wanted) => expect(render(text)).toBe(wanted))

test('what is random is of its alphabet', () => {
  expect(render('{{ randAlphaNum 50 }} {{ randNumeric 50 }} {{ uuidv4 }}')).toMatch(
    /^[A-Za-z0-9]{50} [0-9]{50} [0-9a-f-]{36}$/,
  )
})

test('passwords for web servers', () => {
  const [user, hash = ''] = render('{{ htpasswd "u" "p" }}').split(':')
  expect(user).toBe('u')
  expect(hash).toMatch(/^\$2a\$10\$/)
  expect(bcryptjs.compareSync('p', hash)).toBe(true)
})

test('an authority, and what it signs', () => {
  const text = [
    '{{ $ca := genCAWithKey "My CA" 10 (genPrivateKey "ecdsa") }}',
    '{{ $cert := genSignedCertWithKey "web" (list "10.0.0.1" "fd00::1") (list "web.example.com") 5 $ca (genPrivateKey "ed25519") }}',
    '{{ $ca.Cert }}|{{ $cert.Cert }}|{{ $cert.Key }}|{{ (buildCustomCert (b64enc $cert.Cert) (b64enc $cert.Key)).Cert }}',
  ].join('')
  const [ca, cert, key, same] = render(text).split('|') as [string, string, string, string]
  const [authority, signed] = [new X509Certificate(ca), new X509Certificate(cert)]
  expect(authority.ca).toBe(true)
  expect(authority.verify(authority.publicKey)).toBe(true)
  expect(signed.ca).toBe(false)
  expect(signed.checkIssued(authority) && signed.verify(authority.publicKey)).toBe(true)
  expect(signed.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect([signed.subject, signed.issuer]).toEqual(['CN=web', 'CN=My CA'])
  expect(signed.subjectAltName).toBe('DNS:web.example.com, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1')
  expect(new Date(signed.validTo).toISOString()).toBe('2026-01-07T03:04:05.000Z')
  expect(same).toBe(cert)
})

test.each([
  ['{{ buildCustomCert "eA==" "eA==" }}', 'error calling buildCustomCert: unable to decode certificate'],
  ['{{ genCAWithKey "c" 1 "x" }}', 'parsing private key: no PEM data in input'],
  ['{{ genSelfSignedCert "c" (list "x") nil 1 }}', 'error parsing ip: x'],
  ['{{ range until 30 }}{{ genPrivateKey "ed25519" }}{{ end }}', 'at most 20 keys and hashes'],
  ['{{ randAlpha 2000000 }}', 'at most 1000000 characters'],
])('%s is refused', (text, why) => expect(() => render(text)).toThrow(why))
