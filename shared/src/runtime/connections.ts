import type { Server, Socket } from 'node:net'

/** The connections of a server, those of which the TLS handshake is still under way too. */
export class Connections {
  readonly #server: Server
  readonly #open = new Set<Socket>()

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
  }

  /** Ends them all in the middle of what they do. */
  cut(): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** Takes no more, and ends those that there are; resolves once the port is free. */
  async close(): Promise<void> {
    // Connections that wait to be taken would outlive a cut that came first.
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()))
    this.cut()
    await closed
  }
}
