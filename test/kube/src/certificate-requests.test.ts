import { webcrypto, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCluster, type Cluster } from './cluster.ts'

const requests = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' }
const alice = { user: 'alice', groups: ['devs', 'system:authenticated'] }

let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ clock: realClock, random: realRandom })
})
afterAll(() => cluster.close())

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

async function requestFor(
  subject: string,
  name: string,
  more: object = {},
  given?: Awaited<ReturnType<typeof newKeys>>,
): Promise<KubeObject> {
  const keys = given ?? (await newKeys())
  const pem = await Pkcs10CertificateRequestGenerator.create(
    { name: subject, keys, signingAlgorithm: algorithm },
    webcrypto,
  )
  const spec = {
    request: Buffer.from(pem.toString('pem')).toString('base64'),
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: ['client auth'],
    username: 'somebody else',
    ...more,
  }
  return { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec }
}

test('an approved request is signed, for whom it names', async () => {
  const keys = await newKeys()
  const asked = await requestFor('CN=carol,O=ops', 'c', {}, keys)
  const made = await cluster.objects.create(requests, asked, { actor: alice })
  expect(made['spec']).toMatchObject({ username: 'alice', groups: alice.groups })
  const conditions = [{ type: 'Approved', status: 'True', reason: 'Fine', message: 'fine' }]
  const ref = { ...requests, name: 'c' }
  const approving = { ...made, status: { conditions, certificate: 'bm9uZQ==' } }
  await expect(cluster.objects.update(ref, approving, { subresource: 'approval', actor: alice })).rejects.toThrow(
    'certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
  )
  const approved = await cluster.objects.update(ref, approving, { subresource: 'approval' })
  expect(approved['status']).toMatchObject({
    conditions: [{ type: 'Approved', lastUpdateTime: expect.any(String) as string }],
  })
  expect(approved['status']).not.toHaveProperty('certificate')
  const certificate = await signed('c')
  const { subject, issuer, validTo } = new X509Certificate(Buffer.from(certificate, 'base64'))
  expect([subject, issuer]).toEqual(['CN=carol\nO=ops', 'CN=flotilla-kube-ca'])
  expect(Date.parse(validTo)).toBeGreaterThan(realClock.now())
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  expect(await whoIs(certificate, `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`)).toMatchObject({
    username: 'carol',
    groups: ['ops', 'system:authenticated'],
  })
})

/** Who the API takes a client for that shows a certificate. */
async function whoIs(certificate: string, key: string): Promise<unknown> {
  const { hostname, port } = new URL(cluster.url)
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const options = {
    hostname,
    port,
    path,
    method: 'POST',
    ca: cluster.certificateAuthority,
    cert: Buffer.from(certificate, 'base64').toString('utf8'),
    key,
    agent: false,
    headers: { 'content-type': 'application/json' },
  }
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { status?: { userInfo?: unknown } }
        resolve(answer.status?.userInfo ?? answer)
      })
    })
    sent.on('error', reject)
    sent.end('{}')
  })
}

/** The certificate of a request, within ten seconds. */
async function signed(name: string): Promise<string> {
  for (
    const end = realClock.now() + 10_000;
    realClock.now() < end;
    await new Promise((resolve) => setTimeout(resolve, 10))
  ) {
    const { certificate } = (await cluster.objects.get({ ...requests, name }))['status'] as { certificate?: string }
    if (certificate !== undefined) return certificate
  }
  throw new Error('the request was not signed')
}

test.each([
  [
    'CN=x,O=system:masters',
    {},
    'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  ],
  [
    'CN=x',
    { request: 'bm9uZQ==' },
    'spec.request: Invalid value: "bm9uZQ==": PEM block type must be CERTIFICATE REQUEST',
  ],
  ['CN=x', { usages: ['flying'] }, 'spec.usages[0]: Unsupported value: "flying"'],
  ['CN=x', { signerName: 'kubernetes.io/legacy-unknown' }, 'the legacy signerName is not allowed via this API version'],
  ['CN=x', { expirationSeconds: 60 }, 'may not specify a duration less than 600 seconds (10 minutes)'],
])('a request for %s with %o is refused', async (subject, more, why) => {
  await expect(cluster.objects.create(requests, await requestFor(subject, 'x', more))).rejects.toThrow(why)
})
