import { generate } from 'selfsigned'

export interface Certificates {
  /** PEM of the CA, for clients. */
  readonly authority: string
  /** PEM of the key of the CA. */
  readonly authorityKey: string
  readonly certificate: string
  readonly key: string
  /** A certificate by which a client proves to be a user of some groups. */
  issue(user: string, groups: readonly string[]): Promise<ClientCertificate>
}

export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** A CA of the cluster's own, and a certificate for loopback signed by it. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await generate([{ name: 'commonName', value: 'flotilla-kube-ca' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  })
  const server = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'kubernetes.default.svc' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return {
    authority: authority.cert,
    authorityKey: authority.private,
    certificate: server.cert,
    key: server.private,
    async issue(user, groups) {
      const client = await generate(
        [...groups.map((name) => ({ name: 'organizationName', value: name })), { name: 'commonName', value: user }],
        {
          keyType: 'ec',
          algorithm: 'sha256',
          ca: { key: authority.private, cert: authority.cert },
          extensions: [
            { name: 'basicConstraints', cA: false },
            { name: 'keyUsage', digitalSignature: true, critical: true },
            { name: 'extKeyUsage', clientAuth: true },
          ],
        },
      )
      return { certificate: client.cert, key: client.private }
    },
  }
}
