import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createHub } from '@flotilla/hub/hub'
import { silentLog } from '@flotilla/shared/runtime/log'

it('F-07: the hub stops though somebody has connected and not finished shaking hands', async () => {
  const data = await mkdtemp(join(tmpdir(), 'flotilla-stop-'))
  const hub = await createHub(
    { data, host: '127.0.0.1', port: 0, insecure: false, pollMs: 0, adminPassword: 'admin-password' },
    { log: silentLog() },
  )
  const socket = connect(Number(new URL(hub.url).port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  // The beginning of a handshake, and then silence.
  socket.write(Buffer.from('1603010200010001fc0303', 'hex'))
  const ended = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  await hub.stop()
  await ended
  await rm(data, { recursive: true })
  expect(socket.destroyed).toBe(true)
}, 20_000)
