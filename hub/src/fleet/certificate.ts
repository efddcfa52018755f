import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { generate } from 'selfsigned'
import { fingerprintOf } from '@flotilla/shared/lang/fingerprint'
import type { Clock } from '@flotilla/shared/lang/clock'
import { writeFileAtomic } from '@flotilla/shared/runtime/files'

export interface Certificate {
  readonly cert: string
  readonly key: string
  /** sha256 in DER, hex, of what agents are to insist on; none where any client trusts the certificate anyway. */
  readonly fingerprint: string | undefined
}

/** The fingerprint of the first certificate of a PEM text. */
export function fingerprintOfPem(pem: string): string {
  return fingerprintOf(new X509Certificate(pem))
}

/**
 * What agents pin of a given certificate, so that it can be renewed: the last of the chain that comes with it, which
 * is the authority's; the certificate itself where it comes alone; nothing where the chain ends at a public authority.
 */
export function pinOf(pem: string, publicRoots: readonly string[] = rootCertificates): string | undefined {
  const chain = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [pem]
  const last = new X509Certificate(chain.at(-1) ?? pem)
  const isPublic = publicRoots
    .map((root) => new X509Certificate(root))
    .some(
      (root) => last.fingerprint256 === root.fingerprint256 || (last.checkIssued(root) && last.verify(root.publicKey)),
    )
  return isPublic ? undefined : fingerprintOf(last)
}

/** Whether a certificate vouches for itself. */
export function isSelfSigned(pem: string): boolean {
  const leaf = new X509Certificate(pem)
  return leaf.checkIssued(leaf)
}

/** The certificate that the operator gives; refused where it cannot serve. */
export function givenCertificate(given: { readonly cert: string; readonly key: string }, clock: Clock): Certificate {
  let leaf: X509Certificate
  let matches: boolean
  try {
    leaf = new X509Certificate(given.cert)
    matches = leaf.checkPrivateKey(createPrivateKey(given.key))
  } catch (error) {
    throw new Error('the certificate or its key cannot be read: both must be PEM, and the key without a passphrase', {
      cause: error,
    })
  }
  if (!matches) throw new Error('the key does not belong to the certificate')
  if (Date.parse(leaf.validTo) < clock.now()) throw new Error(`the certificate expired on ${leaf.validTo}`)
  return { ...given, fingerprint: pinOf(given.cert) }
}

/** The certificate that the hub made for itself on its first start; agents pin it, so it stays. */
export async function ownCertificate(dataDir: string, hosts: readonly string[], clock: Clock): Promise<Certificate> {
  const path = join(dataDir, 'tls.pem.json')
  try {
    const { cert, key } = JSON.parse(await readFile(path, 'utf8')) as { cert: string; key: string }
    return { cert, key, fingerprint: fingerprintOfPem(cert) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`${path} cannot be used: remove it and all agents must join anew`, { cause: error })
  }
  const now = clock.now()
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'flotilla-hub' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - 24 * 60 * 60 * 1000),
    notAfterDate: new Date(now + 10 * 365 * 24 * 60 * 60 * 1000),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          /^[\d.]+$|:/.test(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
        ),
      },
    ],
  })
  await writeFileAtomic(path, JSON.stringify({ cert, key }))
  return { cert, key, fingerprint: fingerprintOfPem(cert) }
}
