import { connect } from 'node:net'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { Connections } from './connections.ts'

it('closes though somebody has connected and not said a word yet', async () => {
  const server = createServer()
  const connections = new Connections(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const taken = new Promise((resolve) => server.once('connection', resolve))
  const silent = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  const ended = new Promise((resolve) => silent.once('close', resolve))
  await taken
  await connections.close()
  await ended
  expect(server.listening).toBe(false)
})
