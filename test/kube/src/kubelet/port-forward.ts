import { bad } from './containers.ts'
import type { PodRequest, StreamContext } from './streams.ts'

/** Ports on which nothing listens: each of them gets the refusal that a connection to it would. */
export function forwardPorts({ upgrades }: StreamContext, { pod, query, request }: PodRequest): void {
  // kubectl tunnels another protocol through the stream; what it would hear in there it hears here.
  if (/spdy/i.test(`${request.headers.upgrade} ${request.headers['sec-websocket-protocol']}`))
    throw bad(`no process listens in the containers of pod ${pod.metadata.name}: there is nothing to forward to`)
  upgrades.check(request)
  const ports = query.getAll('ports').flatMap((text) => text.split(',').map(Number))
  if (ports.length === 0) throw bad('query parameter "ports" is required')
  if (ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535))
    throw bad(`port ${ports.join(',')} must be between 1 and 65535`)
  upgrades.accept(request, ['v4.channel.k8s.io', 'portforward.k8s.io'], (socket) => {
    const refused = (port: number): string =>
      `error forwarding port ${port} to pod ${pod.metadata.name}, uid ${pod.metadata.uid}: failed to connect to localhost:${port} inside namespace "${pod.metadata.namespace}": dial tcp4 127.0.0.1:${port}: connect: connection refused`
    ports.forEach((port, index) => {
      const number = Buffer.from([port & 255, port >> 8])
      // Two channels a port, data and errors; each begins with the number of its port.
      for (const channel of [index * 2, index * 2 + 1]) socket.send(Buffer.concat([Buffer.from([channel]), number]))
    })
    const told = new Set<number>()
    socket.on('message', (raw) => {
      const channel = (raw as Buffer)[0] ?? 0
      const port = ports[Math.floor(channel / 2)]
      if (port === undefined || told.has(port)) return
      told.add(port)
      socket.send(Buffer.concat([Buffer.from([channel | 1]), Buffer.from(refused(port))]))
    })
  })
}
