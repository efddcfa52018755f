import type { EventEmitter } from 'node:events'
import { ServerResponse, type IncomingMessage, type RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { bad } from './containers.ts'

const largestMessage = 16 * 1024 * 1024

/**
 * Requests that want to leave HTTP. They go through the same listener as all others, so that who may not is refused by an
 * ordinary answer; whoever serves one takes its socket over.
 */
export class Upgrades {
  readonly #open = new Map<IncomingMessage, { socket: Duplex; head: Buffer; response: ServerResponse }>()
  readonly #sockets = new Set<WebSocket>()

  /** Sends the upgrade requests of a server through its listener. */
  serve(server: EventEmitter, listener: RequestListener): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
      response.once('finish', () => void socket.end())
      socket.once('error', () => void socket.destroy())
      socket.once('close', () => void this.#open.delete(request))
      this.#open.set(request, { socket, head, response })
      listener(request, response)
    })
  }

  /** Whether a client asks for a WebSocket; refuses, as the API does, what asks for no upgrade at all or for another. */
  check(request: IncomingMessage): void {
    const wanted = request.headers.upgrade?.toLowerCase() ?? ''
    if (!this.#open.has(request) || wanted === '') throw bad('Upgrade request required')
    if (wanted !== 'websocket') throw bad(`unable to upgrade: only WebSocket is served here, not ${wanted}`)
  }

  /** Makes a WebSocket of a request, with the first of the sub-protocols offered here that the client knows. */
  accept(request: IncomingMessage, protocols: readonly string[], then: (socket: WebSocket) => void): void {
    this.check(request)
    const held = this.#open.get(request)
    if (!held) return
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/)
    const protocol = protocols.find((candidate) => offered.includes(candidate))
    if (protocol === undefined && offered.some((name) => name !== ''))
      throw bad(`unable to upgrade: none of the protocols ${offered.join(', ')} is served`)
    this.#open.delete(request)
    held.response.removeAllListeners('finish')
    held.response.detachSocket(held.socket as Parameters<ServerResponse['detachSocket']>[0])
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: largestMessage,
      perMessageDeflate: false,
      handleProtocols: () => protocol ?? false,
    })
    server.handleUpgrade(request, held.socket, held.head, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.terminate())
      socket.once('close', () => void this.#sockets.delete(socket))
      then(socket)
    })
  }

  close(): void {
    for (const { socket } of this.#open.values()) socket.destroy()
    for (const socket of this.#sockets) socket.terminate()
  }
}
