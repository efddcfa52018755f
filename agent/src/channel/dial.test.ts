import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
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

const failureOf = (hub: string): Promise<unknown> =>
  dial({ hub, credential: async () => 'canary-token', plain: true, clock: { now: () => 0 } }).catch(
    (error: unknown) => error,
  )

test('F-19: a hub whose name means nothing is told by its name', async () => {
  const failure = await failureOf('http://flotilla-hub.invalid')
  expect(failure).toBeInstanceOf(DialError)
  expect((failure as DialError).message).toContain('flotilla-hub.invalid')
  expect((failure as DialError).status).toBeUndefined()
}, 20_000)

test('F-19: what stands between and asks who the agent is, or is no hub at all, is told as what it says', async () => {
  const heard: string[] = []
  let answer = ''
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      heard.push(data.toString())
      socket.end(answer)
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const told = async (text: string): Promise<[number | undefined, string]> => {
    answer = text
    const { status, message } = (await failureOf(hub)) as DialError
    return [status, message]
  }
  const proxy = 'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n'
  expect(await told(proxy)).toEqual([407, 'the hub answered 407'])
  // A page to sign in to a network, and a way elsewhere: nobody follows it with a credential.
  const elsewhere = 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/login\r\ncontent-length: 0\r\n\r\n'
  expect(await told(elsewhere)).toEqual([302, 'the hub answered 302'])
  const page = '<html>Sign in</html>'
  const portal = `HTTP/1.1 200 OK\r\ncontent-length: ${page.length}\r\n\r\n${page}`
  expect(await told(portal)).toEqual([200, 'the hub answered 200'])
  expect((await told('220 smtp.example ESMTP\r\n'))[0]).toBeUndefined()
  expect(heard).toHaveLength(4)
})

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
