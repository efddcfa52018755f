import type { Container } from '../controllers/types.ts'
import { Channels, processProtocols } from './channels.ts'
import { containerStatus } from './containers.ts'
import { followRun } from './logs.ts'
import { timelineOf } from './program.ts'
import { runOf } from './runs.ts'
import type { PodRequest, StreamContext } from './streams.ts'
import { surroundingsOf } from './surroundings.ts'

/** Joins the output of a running container, from now on. */
export async function attachContainer(
  context: StreamContext,
  { pod, request, response }: PodRequest,
  container: Container,
): Promise<void> {
  if (!containerStatus(pod, container.name)?.state.running) {
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
    return void response.end(`container ${container.name} not found in pod ${pod.metadata.name}\n`)
  }
  context.upgrades.check(request)
  const run = runOf(pod, container, false, timelineOf(container, await surroundingsOf(pod, container, context)))
  context.upgrades.accept(request, processProtocols, (socket) => {
    const channels = new Channels(socket, () => {})
    const stop = followRun(context, pod, container, run, context.clock.now(), {
      lines: (lines) => channels.write('out', lines.map(({ text }) => `${text}\n`).join('')),
      ended: () => channels.finish(0),
    })
    socket.once('close', stop)
  })
}
