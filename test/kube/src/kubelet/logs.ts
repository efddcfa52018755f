import type { Container, Pod } from '../controllers/types.ts'
import { resources } from '../machinery/resources.ts'
import { logLines, nextLineAt, printLine, selectLines, type LogLine, type LogOptions, type Run } from './log-lines.ts'
import { timelineOf } from './program.ts'
import { runOf } from './runs.ts'
import type { PodRequest, StreamContext } from './streams.ts'
import { surroundingsOf } from './surroundings.ts'

/** Answers with the lines of a container; with `follow`, those to come too, until it ends or the client leaves. */
export async function streamLogs(
  context: StreamContext,
  { pod, response }: PodRequest,
  container: Container,
  options: LogOptions,
): Promise<void> {
  const timeline = timelineOf(container, await surroundingsOf(pod, container, context))
  const run = runOf(pod, container, options.previous, timeline)
  const now = context.clock.now()
  response.writeHead(200, { 'content-type': 'text/plain' })
  let left = options.limitBytes ?? Infinity
  const write = (lines: readonly LogLine[]): void => {
    for (const line of lines) {
      const text = Buffer.from(printLine(line, options.timestamps)).subarray(0, left)
      left -= text.length
      if (text.length > 0) response.write(text)
    }
  }
  write(selectLines(logLines(run, now), options))
  if (!options.follow || run.ended || left <= 0) return void response.end()
  response.flushHeaders()
  const stop = followRun(context, pod, container, run, now, {
    lines: (lines) => {
      write(lines)
      if (left <= 0) response.end()
    },
    ended: () => void response.end(),
  })
  response.once('close', stop)
}

export interface Follower {
  lines(lines: readonly LogLine[]): void
  ended(): void
}

/** Tells the lines of a run as they come, from `since` on, until it ends or its pod goes. */
export function followRun(
  { objects, clock }: StreamContext,
  pod: Pod,
  container: Container,
  run: Run,
  since: number,
  follower: Follower,
): () => void {
  let told = since
  let over = false
  let cancelTimer: (() => void) | undefined
  const tell = (until: number, current: Run): void => {
    const lines = logLines(current, until).filter(({ at }) => at > told)
    told = until
    if (lines.length > 0) follower.lines(lines)
  }
  const plan = (): void => {
    const at = nextLineAt(run, told)
    cancelTimer?.()
    cancelTimer = undefined
    if (over || at === undefined) return
    cancelTimer = clock.after(Math.max(0, at - clock.now()), () => {
      tell(clock.now(), run)
      plan()
    })
  }
  const stop = (): void => {
    over = true
    cancelTimer?.()
    unwatch()
  }
  const end = (current: Run): void => {
    if (over) return
    tell(clock.now(), current)
    stop()
    follower.ended()
  }
  const { namespace = '', name } = pod.metadata
  const ref = { ...resources.pods, namespace }
  const unwatch = objects.watch(ref, pod.metadata.resourceVersion ?? '0', (event) => {
    if (event.type === 'GONE') return end(run)
    if (event.object.metadata.name !== name) return
    if (event.type === 'DELETED' || event.object.metadata.uid !== pod.metadata.uid) return end(run)
    const ended = endOfRun(event.object as Pod, container, run)
    if (ended) end({ ...run, ended })
  })
  plan()
  return stop
}

function endOfRun(pod: Pod, container: Container, run: Run): Run['ended'] {
  const lists = ['containerStatuses', 'initContainerStatuses'].flatMap((list) => pod.status?.[list] ?? []) as {
    name: string
    state: { terminated?: NonNullable<Run['ended']> }
    lastState: { terminated?: NonNullable<Run['ended']> }
  }[]
  const status = lists.find(({ name }) => name === container.name)
  return [status?.state.terminated, status?.lastState.terminated].find((end) => end?.startedAt === run.startedAt)
}
