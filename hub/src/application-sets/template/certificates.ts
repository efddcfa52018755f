import { createHash, createPrivateKey, createPublicKey, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { fn, type Functions } from '@flotilla/shared/gotemplate/functions'
import { print, type Opaque, type Value } from '@flotilla/shared/gotemplate/values'
import type { Random } from '@flotilla/shared/lang/clock'
import {
  bits,
  children,
  contentsOf,
  explicit,
  implicit,
  integer,
  nothing,
  octets,
  oid,
  pem,
  sequence,
  set,
  time,
  truth,
  utf8,
} from '@flotilla/shared/lang/der'

interface Tools {
  readonly random: Random
  now(this: void): number
  /** Counts what takes long. */
  costly<T>(this: void, make: () => T): T
  /** A new private key, as PEM. */
  generate(this: void): string
}

/** A certificate and its key as templates read them: `.Cert` and `.Key`. */
class Certificate implements Opaque {
  readonly goType = 'sprig.certificate'
  readonly cert: string
  readonly key: string

  constructor(cert: string, key: string) {
    this.cert = cert
    this.key = key
  }

  field(name: string): Value {
    if (name === 'Cert') return this.cert
    if (name === 'Key') return this.key
    throw new Error(`can't evaluate field ${name} in type sprig.certificate`)
  }

  toString(): string {
    return `{${this.cert} ${this.key}}`
  }
}

/** Sprig's functions that make certificates. */
export function certificateFunctions({ random, now, costly, generate }: Tools): Functions {
  const issue = (subject: Subject, key: string, ca?: Certificate): Certificate => {
    const serial = Buffer.from(random.bytes(16))
    serial[0] = (serial[0] ?? 0) & 0x7f
    return costly(() => certified(subject, key, { serial, now: now(), ca }))
  }
  const subject = (name: string, ips: Value, names: Value, days: bigint): Subject => ({
    name,
    ips: textsOf(ips, (ip) => `error parsing ip: ${ip} is not a string`),
    names: textsOf(names, (dns) => `error processing alternate dns name: ${dns} is not a string`),
    days: Number(days),
    isCa: false,
  })
  const signer = (ca: Value): Certificate => {
    if (ca instanceof Certificate) return ca
    throw new Error('the signing certificate must be one that genCA or buildCustomCert gave')
  }
  return {
    genCA: fn('si', (name: string, days: bigint) =>
      issue({ name, ips: [], names: [], days: Number(days), isCa: true }, costly(generate)),
    ),
    genCAWithKey: fn('sis', (name: string, days: bigint, key: string) =>
      issue({ name, ips: [], names: [], days: Number(days), isCa: true }, key),
    ),
    genSelfSignedCert: fn('snni', (name: string, ips: Value, names: Value, days: bigint) =>
      issue(subject(name, ips, names, days), costly(generate)),
    ),
    genSelfSignedCertWithKey: fn('snnis', (name: string, ips: Value, names: Value, days: bigint, key: string) =>
      issue(subject(name, ips, names, days), key),
    ),
    genSignedCert: fn('snnin', (name: string, ips: Value, names: Value, days: bigint, ca: Value) =>
      issue(subject(name, ips, names, days), costly(generate), signer(ca)),
    ),
    genSignedCertWithKey: fn('snnins', (name: string, ips: Value, names: Value, days: bigint, ca: Value, key: string) =>
      issue(subject(name, ips, names, days), key, signer(ca)),
    ),
    buildCustomCert: fn('ss', (cert: string, key: string) => {
      const decode = (base64: string, what: string): string => {
        if (!/^[\w+/\s]*={0,2}\s*$/.test(base64)) throw new Error(`unable to decode base64 ${what}`)
        return Buffer.from(base64, 'base64').toString()
      }
      const [certificate, privateKey] = [decode(cert, 'certificate'), decode(key, 'private key')]
      if (!certificate.includes('-----BEGIN ')) throw new Error('unable to decode certificate')
      readCertificate(certificate, 'decodedCert')
      readKey(privateKey, 'error parsing private key: ')
      return new Certificate(certificate, privateKey)
    }),
  }
}

interface Subject {
  readonly name: string
  readonly ips: readonly string[]
  readonly names: readonly string[]
  readonly days: number
  readonly isCa: boolean
}

function textsOf(value: Value, refuse: (item: string) => string): string[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new Error('a list was expected')
  return value.map((item: Value) => {
    if (typeof item !== 'string') throw new Error(refuse(print(item)))
    return item
  })
}

function readCertificate(cert: string, called: string): X509Certificate {
  try {
    return new X509Certificate(cert)
  } catch (error) {
    throw new Error(`error parsing certificate: ${called}.Bytes: ${(error as Error).message}`, { cause: error })
  }
}

function readKey(key: string, failed: string): KeyObject {
  if (!key.includes('-----BEGIN ')) throw new Error(`${failed}no PEM data in input`)
  try {
    return createPrivateKey(key)
  } catch (error) {
    throw new Error(`${failed}${(error as Error).message}`, { cause: error })
  }
}

interface Issue {
  readonly serial: Buffer
  readonly now: number
  readonly ca: Certificate | undefined
}

function certified(subject: Subject, keyText: string, { serial, now, ca }: Issue): Certificate {
  const key = readKey(keyText, 'parsing private key: ')
  const signingKey = ca ? readKey(ca.key, 'error parsing private key: ') : key
  const signerCert = ca ? readCertificate(ca.cert, 'decodedSignerCert') : undefined
  const algorithm = algorithmOf(signingKey)
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(subject.name))))
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    signerCert ? subjectOf(signerCert) : name,
    sequence(time(now), time(now + subject.days * 86_400_000)),
    name,
    publicKey,
    explicit(3, sequence(...extensions(subject, publicKey))),
  )
  const digest = signingKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signed = sequence(body, algorithm, bits(sign(digest, body, signingKey)))
  return new Certificate(pem('CERTIFICATE', signed), keyText)
}

function algorithmOf(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return sequence(oid('1.2.840.113549.1.1.11'), nothing)
  if (key.asymmetricKeyType === 'ec') return sequence(oid('1.2.840.10045.4.3.2'))
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('1.3.101.112'))
  throw new Error('error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported')
}

function extensions({ isCa, ips, names }: Subject, publicKey: Buffer): Buffer[] {
  const extension = (id: string, value: Buffer, critical = false): Buffer =>
    sequence(oid(id), ...(critical ? [truth] : []), octets(value))
  const usage = isCa ? bits(Buffer.from([0xa4]), 2) : bits(Buffer.from([0xa0]), 5)
  const others = [
    ...names.map((name) => implicit(2, Buffer.from(name))),
    ...ips.map((ip) => implicit(7, addressOf(ip))),
  ]
  return [
    extension('2.5.29.15', usage, true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', sequence(...(isCa ? [truth] : [])), true),
    ...(isCa ? [extension('2.5.29.14', octets(createHash('sha1').update(publicKey).digest()))] : []),
    ...(others.length > 0 ? [extension('2.5.29.17', sequence(...others))] : []),
  ]
}

function addressOf(ip: string): Buffer {
  if (isIP(ip) === 4) return Buffer.from(ip.split('.').map(Number))
  if (isIP(ip) !== 6) throw new Error(`error parsing ip: ${ip}`)
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string | undefined): number[] =>
    (part ?? '').split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16)]))
  const [before, after] = [groups(head), groups(tail)]
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The subject as it stands in a certificate, which becomes the issuer of what it signs. */
function subjectOf(certificate: X509Certificate): Buffer {
  const [body] = children(contentsOf(certificate.raw))
  const found = children(contentsOf(body ?? certificate.raw))
  const subject = found[found[0]?.[0] === 0xa0 ? 5 : 4]
  if (!subject) throw new Error('error parsing certificate: decodedSignerCert.Bytes: x509: malformed tbs certificate')
  return subject
}
