import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { dial } from '@flotilla/agent/channel/dial'
import { fingerprintOfPem, pinOf } from '@flotilla/hub/fleet/certificate'
import { realClock } from '@flotilla/shared/runtime/clock'

interface Pair {
  readonly cert: string
  readonly private: string
}

const day = 24 * 60 * 60 * 1000
const stops: (() => void)[] = []
let authority: Pair
let stranger: Pair

beforeAll(async () => {
  authority = await anAuthority('authority')
  // Of the same name, with a key of its own.
  stranger = await anAuthority('authority')
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function anAuthority(name: string): Promise<Pair> {
  return generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  })
}

async function issued(by: Pair, host: string, until = Date.now() + day): Promise<Pair> {
  return generate([{ name: 'commonName', value: 'hub' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: by.private, cert: by.cert },
    notBeforeDate: new Date(until - 2 * day),
    notAfterDate: new Date(until),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: host }] }],
  })
}

/** Why the agent does not talk to a hub that shows this chain; the real one goes on to answer 401. */
async function refusal(leaf: Pair, chain: readonly Pair[], pin: string): Promise<string> {
  const cert = [leaf, ...chain].map((one) => one.cert).join('\n')
  const server = createServer({ cert, key: leaf.private }).on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const credential = (): Promise<string> => Promise.resolve('x')
  const options = { hub: `https://127.0.0.1:${port}`, credential, fingerprint: pin, plain: false, clock: realClock }
  return dial(options).then(
    () => 'none',
    (error: Error) => error.message,
  )
}

it('T-02: pins the authority of a given certificate, so that it can be renewed, and nobody else', async () => {
  const first = await issued(authority, '127.0.0.1')
  const pin = pinOf(`${first.cert}\n${authority.cert}`) ?? ''
  expect(pin).toBe(fingerprintOfPem(authority.cert))
  expect(await refusal(first, [authority], pin)).toContain('401')
  const renewed = await issued(authority, '127.0.0.1')
  expect(await refusal(renewed, [authority], pin)).toContain('401')

  const forged = await issued(stranger, '127.0.0.1')
  expect(await refusal(forged, [stranger], pin)).toContain('neither that nor an issuer')
  // Showing the pinned certificate beside one's own is not being signed by it.
  expect(await refusal(forged, [authority], pin)).toMatch(/neither that nor an issuer|not signed by/)
  const elsewhere = await issued(authority, '127.0.0.2')
  expect(await refusal(elsewhere, [authority], pin)).toContain('not for 127.0.0.1')
  const old = await issued(authority, '127.0.0.1', Date.now() - day)
  expect(await refusal(old, [authority], pin)).toContain('is valid from')
})

it('pins a certificate that comes alone, and nothing where everybody trusts its authority', async () => {
  const leaf = await issued(authority, '127.0.0.1')
  expect(pinOf(leaf.cert, [])).toBe(fingerprintOfPem(leaf.cert))
  expect(pinOf(leaf.cert, [authority.cert])).toBeUndefined()
  expect(pinOf(`${leaf.cert}\n${authority.cert}`, [authority.cert])).toBeUndefined()
  expect(pinOf(leaf.cert, [stranger.cert])).toBe(fingerprintOfPem(leaf.cert))
})
