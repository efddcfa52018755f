import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto'
import {
  bits,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  pem,
  sequence,
  set,
  time,
  truth,
  utf8,
} from '@flotilla/shared/lang/der'

/** Whose key a certificate vouches for, and for what it may be used. */
export interface CertificateWish {
  readonly subject: Subject
  readonly use: 'authority' | 'server' | 'client'
  readonly dnsNames?: readonly string[]
  /** IPv4. */
  readonly addresses?: readonly string[]
}

/** `O` and `CN`, in order. */
export type Subject = readonly (readonly [keyof typeof nameParts, string])[]

export interface Issued {
  readonly subject: Subject
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

const nameParts = { O: '2.5.4.10', CN: '2.5.4.3' }
const usages = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
// Whatever a clock says, virtual or not: a key lives no longer than its cluster.
const validity = sequence(time(Date.UTC(2020, 0, 1)), time(Date.UTC(2049, 11, 31)))

/**
 * A certificate for a key of its own, signed by the issuer; by itself where there is none. Written by hand, because to
 * load the library that signs people's requests would take a third of a cluster's start.
 */
export function issueCertificate(wish: CertificateWish, issuer?: Issued): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = issuer ? createPrivateKey(issuer.key) : privateKey
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(issuer?.subject ?? wish.subject),
    validity,
    nameOf(wish.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensionsOf(wish, keyId(publicKey), keyId(createPublicKey(signer))))),
  )
  const certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, signer)))
  return {
    subject: wish.subject,
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function nameOf(subject: Subject): Buffer {
  return sequence(...subject.map(([part, value]) => set(sequence(oid(nameParts[part]), utf8(value)))))
}

/** Digest of the key as it stands in certificates, without what kind of key it is. */
function keyId(key: KeyObject): Buffer {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha1').update(point).digest()
}

function extensionsOf({ use, dnsNames = [], addresses = [] }: CertificateWish, own: Buffer, signer: Buffer): Buffer[] {
  const names = [
    ...dnsNames.map((name) => implicit(2, Buffer.from(name))),
    ...addresses.map((address) => implicit(7, Buffer.from(address.split('.').map(Number)))),
  ]
  // Of an authority: digitalSignature, keyCertSign and cRLSign; of all others the first alone.
  const keyUsage = use === 'authority' ? bits(Buffer.from([0b1000_0110]), 1) : bits(Buffer.from([0b1000_0000]), 7)
  return [
    extension('2.5.29.19', use === 'authority' ? sequence(truth) : sequence(), use === 'authority'),
    extension('2.5.29.15', keyUsage, true),
    ...(use === 'authority' ? [] : [extension('2.5.29.37', sequence(oid(usages[use])))]),
    ...(names.length > 0 ? [extension('2.5.29.17', sequence(...names))] : []),
    extension('2.5.29.14', octets(own)),
    extension('2.5.29.35', sequence(implicit(0, signer))),
  ]
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [truth] : []), octets(value))
}
