import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** The extension of names beside the subject's. */
const alternativeNames = '2.5.29.17'

/** A certificate authority, as PEM; its key is of the curve P-256. */
export interface Authority {
  readonly certificate: string
  readonly key: string
}

export interface SigningWish {
  /** PEM of the request. */
  readonly request: string
  readonly usages: readonly string[]
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
}

const keyUsages: Readonly<Record<string, KeyUsageFlags>> = {
  'digital signature': KeyUsageFlags.digitalSignature,
  signing: KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'data encipherment': KeyUsageFlags.dataEncipherment,
}

const extendedUsages: Readonly<Record<string, ExtendedKeyUsage>> = {
  'client auth': ExtendedKeyUsage.clientAuth,
  'server auth': ExtendedKeyUsage.serverAuth,
}

/** Signs a request for a certificate; throws where the request is not signed by its own key. */
export async function signRequest(authority: Authority, wish: SigningWish): Promise<string> {
  const request = new Pkcs10CertificateRequest(wish.request)
  if (!(await request.verify(webcrypto))) throw new Error('the request is not signed by its own key')
  const issuer = new X509Certificate(authority.certificate)
  const names = request.getExtension(alternativeNames)
  const flags = wish.usages.reduce((sum, usage) => sum | (keyUsages[usage] ?? 0), 0)
  const extended = wish.usages.flatMap((usage) => extendedUsages[usage] ?? [])
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: wish.serialNumber,
      subject: request.subjectName,
      issuer: issuer.subjectName,
      notBefore: wish.notBefore,
      notAfter: wish.notAfter,
      publicKey: request.publicKey,
      signingKey: await importKey(authority.key),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        ...(flags > 0 ? [new KeyUsagesExtension(flags, true)] : []),
        ...(extended.length > 0 ? [new ExtendedKeyUsageExtension(extended)] : []),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
        ...(names ? [names] : []),
      ],
    },
    webcrypto,
  )
  return `${certificate.toString('pem')}\n`
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
}
