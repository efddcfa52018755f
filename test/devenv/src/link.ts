import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A network link that can fail: everything between an agent and its hub goes through it. */
export interface Link {
  readonly port: number
  /** Connections break, and new ones are refused, until it is restored. */
  cut(): void
  /** Packets vanish both ways, and nobody is told, until it is restored. */
  silence(): void
  restore(): void
  /** Connections that came so far. */
  readonly connections: number
  /** Bytes that went through, both ways. */
  readonly bytes: number
  close(): Promise<void>
}

/** Listens on loopback and passes bytes on to the port that `target` names at that moment. */
export async function startLink(target: () => number): Promise<Link> {
  let state: 'up' | 'cut' | 'silent' = 'up'
  let connections = 0
  let passed = 0
  const sockets = new Set<Socket>()
  const hold = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    hold(near)
    if (state === 'cut') return void near.destroy()
    connections++
    const far = connect(target(), '127.0.0.1')
    hold(far)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => {
        if (state !== 'up' || to.destroyed) return
        passed += bytes.length
        to.write(bytes)
      })
      from.once('close', () => state !== 'silent' && to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = 'cut'
      destroyAll()
    },
    silence() {
      state = 'silent'
    },
    restore() {
      // What was swallowed cannot be made good: connections of that time are of no use any more.
      if (state === 'silent') destroyAll()
      state = 'up'
    },
    get connections() {
      return connections
    },
    get bytes() {
      return passed
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        destroyAll()
      }),
  }
}
