import type { Terminated } from './containers.ts'
import type { Timeline } from './program.ts'

/** One run of a container, from its start to its end, if it has ended. */
export interface Run {
  readonly image: string
  readonly startedAt: string
  readonly ended?: Terminated
  readonly timeline: Timeline
}

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly text: string
}

const tickMs = 10_000
const mostLines = 10_000

/** What a run has printed until now. Where its program is not known it tells that it started, and every ten seconds that it still runs. */
export function logLines({ image, startedAt, ended, timeline }: Run, now: number): LogLine[] {
  const start = Date.parse(startedAt)
  const last = ended ? Math.min(now, Date.parse(ended.finishedAt)) : now
  const own = timeline.lines.map(({ atMs, text }) => ({ at: start + atMs, text }))
  if (!timeline.unknown) return own.filter(({ at }) => at <= last || ended !== undefined)
  const lines = [...own, { at: start, text: `${image} started` }]
  const ticks = Math.floor((last - start) / tickMs)
  for (let tick = Math.max(1, ticks - mostLines); tick <= ticks; tick++)
    lines.push({ at: start + tick * tickMs, text: `${image} has been running for ${(tick * tickMs) / 1000} s` })
  if (ended && ended.exitCode !== 0)
    lines.push({ at: Date.parse(ended.finishedAt), text: `${image} failed with exit code ${ended.exitCode}` })
  return lines
}

/** When the next line comes, if one will. */
export function nextLineAt({ startedAt, timeline }: Run, now: number): number | undefined {
  const start = Date.parse(startedAt)
  const own = timeline.lines.map(({ atMs }) => start + atMs).find((at) => at > now)
  if (own !== undefined || !timeline.unknown) return own
  return start + (Math.floor(Math.max(0, now - start) / tickMs) + 1) * tickMs
}

export interface LogOptions {
  readonly container: string
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly limitBytes: number | undefined
  /** Milliseconds since the epoch. */
  readonly since: number | undefined
}

/** The lines that were asked for. */
export function selectLines(lines: readonly LogLine[], { since, tailLines }: LogOptions): LogLine[] {
  const late = since === undefined ? [...lines] : lines.filter(({ at }) => at >= since)
  return tailLines === undefined ? late : late.slice(late.length - Math.min(tailLines, late.length))
}

export function printLine({ at, text }: LogLine, timestamps: boolean): string {
  if (!timestamps) return `${text}\n`
  return `${new Date(at).toISOString().replace('Z', '000000Z')} ${text}\n`
}
