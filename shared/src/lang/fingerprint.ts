import type { X509Certificate } from 'node:crypto'

/** The sha256 of a certificate (DER) in hex, as join tokens carry it. */
export function fingerprintOf(certificate: Pick<X509Certificate, 'fingerprint256'>): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}
