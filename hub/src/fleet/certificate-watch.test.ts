import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, expect, it } from 'vitest'
import { virtualClock } from '@flotilla/shared/runtime/clock'
import { givenCertificate } from './certificate.ts'
import { watchCertificate } from './certificate-watch.ts'

const day = 24 * 3600 * 1000
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

interface Pair {
  readonly cert: string
  readonly private: string
}

const authority = (name: string): Promise<Pair> =>
  generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  })

async function issued(by: Pair, name: string, from: number, until: number): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: by.private, cert: by.cert },
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
  })
  return { cert: `${made.cert}\n${by.cert}`, key: made.private }
}

/** The subject of what a server shows. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    }).on('error', reject)
  })
}

it('F-28: a renewed certificate of the same authority is served without a restart, and one that is due is told in time', async () => {
  const clock = virtualClock()
  const [ours, strange] = await Promise.all([authority('ours'), authority('strange')])
  const start = clock.now()
  let given = await issued(ours, 'first', start - day, start + 40 * day)
  const said: string[] = []
  const log = {
    info: (_: object, text: string) => void said.push(text),
    warn: (fields: object, text: string) => void said.push(`${text} ${JSON.stringify(fields)}`),
  }
  const server = createServer(given)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const watch = watchCertificate({
    current: givenCertificate(given, clock),
    read: () => Promise.resolve(given),
    use: ({ cert, key }) => server.setSecureContext({ cert, key }),
    clock,
    everyMs: day / 4,
    log,
  })
  stops.push(() => watch.stop())
  const pass = async (days: number): Promise<void> => {
    await clock.advance(days * day)
  }
  await pass(5)
  expect(said).toEqual([])
  await pass(6)
  await pass(24)
  await pass(5)
  expect(said.map((text) => text.split(' {')[0])).toEqual([
    'the certificate expires within 30 days',
    'the certificate expires within 7 days',
    'the certificate expires within 1 days',
  ])
  said.length = 0
  given = await issued(strange, 'stranger', clock.now() - day, clock.now() + 90 * day)
  await pass(0.3)
  expect(await shown(port)).toBe('first')
  expect(said.join()).toContain('agents pin another authority')
  given = await issued(ours, 'second', clock.now() - day, clock.now() + 90 * day)
  await pass(0.3)
  expect(await shown(port)).toBe('second')
  expect(watch.expiresAt()).toBeGreaterThan(clock.now() + 80 * day)
})
