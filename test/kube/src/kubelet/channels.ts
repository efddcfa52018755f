import type { WebSocket } from 'ws'

/** The sub-protocols by which a process is spoken to, the best first. */
export const processProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const

const [stdin, stdout, stderr, status] = [0, 1, 2, 3]
const closeChannel = 255

/** The channels of one process over a WebSocket: each message begins with the number of its channel. */
export class Channels {
  readonly #socket: WebSocket

  constructor(socket: WebSocket, onInput: (data: Buffer | undefined) => void) {
    this.#socket = socket
    socket.on('message', (raw) => {
      const data = Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw as Buffer)
      if (data[0] === stdin && data.length > 1) onInput(data.subarray(1))
      if (data[0] === closeChannel && data[1] === stdin) onInput(undefined)
    })
    socket.once('close', () => onInput(undefined))
  }

  write(kind: 'out' | 'err', text: string): void {
    if (text !== '') this.#send(kind === 'out' ? stdout : stderr, text)
  }

  /** Tells how the process ended, and closes. */
  finish(exitCode: number): void {
    if (exitCode === 0) return this.#end({ metadata: {}, status: 'Success' })
    this.#end({
      metadata: {},
      status: 'Failure',
      message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
    })
  }

  /** Tells that there was no process to begin with. */
  fail(message: string): void {
    this.#end({
      metadata: {},
      status: 'Failure',
      message,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: 500,
    })
  }

  #end(answer: object): void {
    this.#send(status, JSON.stringify(answer))
    this.#socket.close(1000)
  }

  #send(channel: number | undefined, text: string): void {
    this.#socket.send(Buffer.concat([Buffer.from([channel ?? 0]), Buffer.from(text)]))
  }
}
