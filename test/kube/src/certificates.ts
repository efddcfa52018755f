import { issueCertificate } from './access/certificate.ts'

export interface Certificates {
  /** PEM of the CA, for clients. */
  readonly authority: string
  /** PEM of the key of the CA. */
  readonly authorityKey: string
  readonly certificate: string
  readonly key: string
  /** A certificate by which a client proves to be a user of some groups. */
  issue(user: string, groups: readonly string[]): ClientCertificate
}

export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** A CA of the cluster's own, and a certificate for loopback signed by it. */
export function makeCertificates(): Certificates {
  const authority = issueCertificate({ subject: [['CN', 'flotilla-kube-ca']], use: 'authority' })
  const server = issueCertificate(
    {
      subject: [['CN', 'kube-apiserver']],
      use: 'server',
      dnsNames: ['localhost', 'kubernetes.default.svc'],
      addresses: ['127.0.0.1'],
    },
    authority,
  )
  return {
    authority: authority.certificate,
    authorityKey: authority.key,
    certificate: server.certificate,
    key: server.key,
    issue(user, groups) {
      const subject = [...groups.map((name) => ['O', name] as const), ['CN', user] as const]
      const { certificate, key } = issueCertificate({ subject, use: 'client' }, authority)
      return { certificate, key }
    },
  }
}
