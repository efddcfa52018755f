import { expect, test } from 'vitest'
import { createTransports } from './transport.ts'

const url = 'https://git.example/a.git'

test('a way is kept as long as it is used, and given up for others when it is not', async () => {
  const transports = createTransports()
  const credentials = { url, type: 'git', insecure: false, enableOCI: false, tlsClientCertData: 'cert' } as const
  const way = (secret: number) => transports.to(url, { ...credentials, tlsClientCertKey: `key ${secret}` }, true)
  const isClosed = (dispatcher: object): boolean => (dispatcher as { closed: boolean }).closed
  const used = way(0)
  const unused = way(1)
  for (let secret = 2; secret < 80; secret++) {
    way(secret)
    expect(way(0)).toBe(used)
  }
  expect([isClosed(used), isClosed(unused)]).toEqual([false, true])
  expect(way(1)).not.toBe(unused)
  await transports.close()
  expect((used as unknown as { destroyed: boolean }).destroyed).toBe(true)
})
