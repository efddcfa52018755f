import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { fingerprintOfPem } from '@flotilla/hub/fleet/certificate'
import { fingerprintOf } from '@flotilla/shared/lang/fingerprint'
import { restWorld, type RestWorld } from './rest-world.ts'

const worlds: RestWorld[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop()
})

/** The status of `/healthz`, and the fingerprint of the certificate that was shown. */
function health(url: string, ca: string): Promise<{ status: number | undefined; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/healthz`, { ca, agent: false }, (answer) => {
      const shown = (answer.socket as import('node:tls').TLSSocket).getPeerCertificate()
      answer.resume()
      resolve({ status: answer.statusCode, fingerprint: fingerprintOf(shown) })
    })
    asked.on('error', reject)
    asked.end()
  })
}

it('serves over TLS with a certificate of its own, or with one that it is given', async () => {
  const own = await restWorld({ insecure: false })
  worlds.push(own)
  const kept = JSON.parse(await readFile(join(own.dir, 'tls.pem.json'), 'utf8')) as { cert: string; key: string }
  expect(own.hub.fingerprint).toBe(fingerprintOfPem(kept.cert))
  expect(await health(own.hub.url, kept.cert)).toEqual({ status: 200, fingerprint: own.hub.fingerprint })

  const given = await restWorld({ insecure: false, tls: kept })
  worlds.push(given)
  // What agents pin travels in the token by which they join.
  expect(given.hub.fingerprint).toBe(own.hub.fingerprint)
  expect(await health(given.hub.url, kept.cert)).toEqual({ status: 200, fingerprint: own.hub.fingerprint })
  const kubeconfig = JSON.parse(await given.hub.kubeconfig()) as { clusters: { cluster: Record<string, string> }[] }
  expect(kubeconfig.clusters[0]?.cluster['certificate-authority-data']).toBe(Buffer.from(kept.cert).toString('base64'))
})
