import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { dial, DialError } from './dial.ts'

test('F-15: a connection that breaks while the credential is made fails the dial, not the agent', async () => {
  const accepted: Socket[] = []
  const server = createServer((socket) => void accepted.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const hub = `http://127.0.0.1:${port}`
  const credential = async (): Promise<string> => {
    while (accepted.length === 0) await turn()
    const [socket] = accepted
    socket?.resetAndDestroy()
    // The other end hears of it in the next turns of the loop.
    for (let turns = 0; turns < 50; turns++) await turn()
    return 'token'
  }
  try {
    const failure: unknown = await dial({ hub, credential, plain: true, clock: { now: () => 0 } }).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(DialError)
    expect((failure as DialError).message).toMatch(/ECONNRESET|ended the connection/)
  } finally {
    server.close()
  }
})

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
