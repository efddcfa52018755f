import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { DetailedPeerCertificate } from 'node:tls'
import { fingerprintOf } from '@flotilla/shared/lang/fingerprint'

/** The certificates that a peer showed, its own first. */
export function chainOf(shown: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let next: DetailedPeerCertificate | undefined = shown; next?.raw; next = next.issuerCertificate) {
    const certificate = new X509Certificate(next.raw)
    if (chain.at(-1)?.fingerprint256 === certificate.fingerprint256) break
    chain.push(certificate)
  }
  return chain
}

/**
 * Why a hub is not the one that the join token spoke of, or nothing if it is. The pin is the sha256 (hex) of the hub's
 * own certificate, whatever names that has, or of an authority's: then the certificate may be renewed, but must be
 * this authority's, in date, and for the host that was dialled.
 */
export function refusalOf(
  chain: readonly X509Certificate[],
  pin: string,
  host: string,
  now: number,
): string | undefined {
  const leaf = chain[0]
  if (!leaf) return 'it shows no certificate'
  if (fingerprintOf(leaf) === pin) return undefined
  const pinned = chain.findIndex((certificate) => fingerprintOf(certificate) === pin)
  if (pinned < 0) return `its certificate is ${fingerprintOf(leaf)}, and neither that nor an issuer of it is ${pin}`
  const path = chain.slice(0, pinned + 1)
  const broken = path.slice(1).some((issuer, i) => !issues(issuer, path[i]))
  if (broken) return `its certificate is not signed by ${pin}`
  const stale = path.find(({ validFrom, validTo }) => now < Date.parse(validFrom) || now > Date.parse(validTo))
  if (stale) return `the certificate of ${stale.subject} is valid from ${stale.validFrom} to ${stale.validTo} only`
  const named = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)
  return named === undefined ? `its certificate is not for ${host}` : undefined
}

function issues(issuer: X509Certificate, certificate: X509Certificate | undefined): boolean {
  return !!certificate && issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}
