import { X509Certificate } from 'node:crypto'

const mostCertificates = 256
const mostLines = 128

/** The certificates of a PEM text, each as it stands. */
export function splitPem(text: string): string[] {
  const found: string[] = []
  let current: string[] | undefined
  for (const line of text.split(/\r?\n/)) {
    if (!current && line.startsWith('-----BEGIN CERTIFICATE-----')) current = []
    if (!current) continue
    current.push(line)
    if (current.length > mostLines) throw new Error('maximum number of lines exceeded during certificate parsing')
    if (!line.startsWith('-----END CERTIFICATE-----')) continue
    found.push(`${current.join('\n')}\n`)
    if (found.length > mostCertificates) throw new Error('limit exceeded')
    current = undefined
  }
  return found
}

/** What a certificate says of itself; throws where it is none. */
export function describeCertificate(pem: string): { readonly subject: string; readonly algorithm: string } {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch (error) {
    const encoded = /^-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/.test(pem)
    const what = encoded ? 'could not parse X509 data from input' : 'could not decode PEM data from input'
    throw new Error(what, { cause: error })
  }
  const kind = certificate.publicKey.asymmetricKeyType ?? 'unknown'
  // The most particular part first, as RFC 2253 has it.
  const subject = (certificate.subject ?? '').split('\n').filter(Boolean).toReversed().join(',')
  return { subject, algorithm: kind === 'ec' ? 'ecdsa' : kind }
}

const hostName =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9]))*\.?$/

/** Whether a text may be the name or the address of a host. */
export function isHostName(text: string): boolean {
  return hostName.test(text) || /^[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(text)
}
