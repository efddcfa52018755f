import { Cron } from 'croner'

/** When a CronJob's schedule comes next after a time (milliseconds since the epoch); undefined: never. Throws where it cannot be read. */
export type NextTime = (after: number) => number | undefined

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** Reads a schedule of five fields, a descriptor such as `@daily`, or `@every 1h30m`, in a time zone. */
export function scheduleOf(schedule: string, timeZone = 'UTC'): NextTime {
  const [, zone = timeZone, plain = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(schedule.trim()) ?? []
  const every = /^@every\s+(.+)$/.exec(plain)?.[1]
  if (every !== undefined) {
    const delay = durationMs(every)
    // Counted from the whole second.
    return (after) => Math.floor(after / 1000) * 1000 + delay
  }
  const fields = plain.startsWith('@')
    ? plain.replace('@annually', '@yearly').replace('@midnight', '@daily')
    : plain.replaceAll('?', '*')
  const cron = new Cron(fields, { paused: true, timezone: zone, ...(plain.startsWith('@') ? {} : { mode: '5-part' }) })
  return (after) => cron.nextRun(new Date(after))?.getTime()
}

/** A duration as Go writes it, at least a second. */
function durationMs(text: string): number {
  let total = 0
  for (const [, amount, unit = ''] of text.matchAll(/([\d.]+)(h|ms|m|s)/g))
    total += Number(amount) * (unitMs[unit] ?? 0)
  return Math.max(1000, Math.floor(total / 1000) * 1000)
}

/** The last time that was due between two times, and how many were; at most a hundred are counted. */
export function dueTimes(next: NextTime, after: number, now: number): { last?: number; missed: number } {
  const first = next(after)
  if (first === undefined || first > now) return { missed: 0 }
  const second = next(first)
  if (second === undefined || second > now) return { last: first, missed: 1 }
  // Steps over the bulk of a long gap, as an hour of a schedule by the minute would else be walked minute by minute.
  const count = Math.floor((now - first) / (second - first)) + 1
  let last = first
  for (
    let time = next(first + Math.max(0, count - 2) * (second - first));
    time !== undefined && time <= now;
    time = next(time)
  )
    last = time
  return { last, missed: count }
}
