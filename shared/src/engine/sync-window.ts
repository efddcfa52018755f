import { globMatch } from '../lang/glob.ts'
import { durationProblem, parseGoDuration } from '../lang/go-duration.ts'
import { keptBy } from '../lang/kept-by.ts'
import { zoneOffset } from '../lang/zone-offset.ts'
import { readSchedule, type Schedule } from './window-schedule.ts'

/** One entry of AppProject.spec.syncWindows. */
export interface ProjectSyncWindow {
  readonly kind?: string
  readonly schedule?: string
  readonly duration?: string
  readonly applications?: readonly string[]
  readonly namespaces?: readonly string[]
  readonly clusters?: readonly string[]
  readonly manualSync?: boolean
  readonly timeZone?: string
  readonly andOperator?: boolean
  readonly syncOverrun?: boolean
  readonly description?: string
}

/** What windows choose applications by. */
export interface WindowSubject {
  readonly name: string
  readonly destination: {
    readonly name?: string | undefined
    readonly server?: string | undefined
    readonly namespace?: string | undefined
  }
}

export interface WindowQuestion {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Started by a user rather than by automation. */
  readonly manual: boolean
  /** When the operation that is asked for started, if it runs already: a window may let it overrun. */
  readonly startedAt?: number
}

export interface WindowAnswer {
  readonly allowed: boolean
  /** The windows that decided. */
  readonly windows: readonly ProjectSyncWindow[]
  /** Why not, in words for a user; empty when allowed. */
  readonly reason: string
}

/** The windows that concern an application. With `andOperator` every list that says anything must match. */
export function matchingWindows(windows: readonly ProjectSyncWindow[], subject: WindowSubject): ProjectSyncWindow[] {
  const { name, server, namespace } = subject.destination
  return windows.filter((window) => {
    const hits = [
      hit(window.applications, [subject.name]),
      hit(window.namespaces, [namespace ?? '']),
      hit(
        window.clusters,
        [name ?? '', server ?? ''].filter((value) => value !== ''),
      ),
    ].filter((found) => found !== undefined)
    return window.andOperator ? hits.length > 0 && hits.every(Boolean) : hits.some(Boolean)
  })
}

/** Undefined where the list says nothing. */
function hit(patterns: readonly string[] | undefined, values: readonly string[]): boolean | undefined {
  if (!patterns || patterns.length === 0) return undefined
  return patterns.some((pattern) => values.some((value) => globMatch(pattern, value)))
}

/** Whether a sync may run now, given the windows that match its application. */
export function syncPermitted(windows: readonly ProjectSyncWindow[], question: WindowQuestion): WindowAnswer {
  const problem = windowsProblem(windows)
  if (problem !== undefined) {
    const broken = windows.filter((window) => windowsProblem([window]) !== undefined)
    return refused(broken, problem)
  }
  return decide(windows, question, true)
}

function decide(windows: readonly ProjectSyncWindow[], question: WindowQuestion, overrun: boolean): WindowAnswer {
  const open = (window: ProjectSyncWindow): boolean => isActive(window, question.now) === true
  const startedWhenAllowed = (): boolean =>
    overrun &&
    question.startedAt !== undefined &&
    decide(windows, { ...question, now: question.startedAt }, false).allowed
  const passes = (closed: readonly ProjectSyncWindow[]): boolean =>
    (question.manual && closed.every((window) => window.manualSync === true)) ||
    (closed.every((window) => window.syncOverrun === true) && startedWhenAllowed())

  const denies = windows.filter((window) => window.kind === 'deny' && open(window))
  if (denies.length > 0) return passes(denies) ? granted(denies) : refused(denies, 'a deny window is open')
  const allows = windows.filter((window) => window.kind === 'allow')
  const openAllows = allows.filter(open)
  if (openAllows.length > 0 || allows.length === 0) return granted(openAllows)
  return passes(allows) ? granted(allows) : refused(allows, 'no allow window is open')
}

function granted(windows: readonly ProjectSyncWindow[]): WindowAnswer {
  return { allowed: true, windows, reason: '' }
}

function refused(windows: readonly ProjectSyncWindow[], what: string): WindowAnswer {
  const named = windows.map((window) => `${window.kind ?? ''}:${window.schedule ?? ''}:${window.duration ?? ''}`)
  return { allowed: false, windows, reason: `${what} (${named.join(', ')})` }
}

/** Why windows cannot be read, in Argo CD's words; undefined where they can. */
export function windowsProblem(windows: readonly ProjectSyncWindow[]): string | undefined {
  for (const window of windows) {
    const read = readWindow(window)
    if (typeof read === 'string') return `invalid sync windows: ${read}`
  }
  return undefined
}

/** Whether a window is open; undefined where its schedule or duration cannot be read. */
export function isActive(window: ProjectSyncWindow, now: number): boolean | undefined {
  const times = timesOf(window, now)
  if (!times) return undefined
  // Argo CD asks for the next start after (now - duration): the window is open if that has passed. No start at all it
  // counts as long passed, so that a window which never comes would be open for ever; here it is shut.
  const start = times.next(now - times.duration)
  return start !== undefined && start < now
}

/** When a window opens or closes next, in milliseconds; undefined if never, or if it cannot be read. */
export function nextChange(window: ProjectSyncWindow, now: number): number | undefined {
  const times = timesOf(window, now)
  if (!times) return undefined
  const { next: nextStart, duration } = times
  const opened = nextStart(now - duration)
  if (opened === undefined) return undefined
  if (opened >= now) return opened
  // Starts that follow within the window keep it open.
  let end = opened + duration
  for (let next = opened; next < end && end - now < 366 * 86_400_000;) {
    const following = nextStart(next)
    if (following === undefined || following > end) break
    next = following
    end = following + duration
    if (following > now) return end
  }
  return end
}

interface Times {
  readonly duration: number
  /** The first start after a moment. */
  readonly next: (after: number) => number | undefined
}

/** What a window's texts say. */
interface ReadWindow {
  readonly schedule: Schedule
  readonly duration: number
  readonly zoneOffset: (at: number) => number
}

/** Windows are looked at again and again, and read once; why one cannot be read. A zone that does not exist is UTC. */
const readWindow = keptBy((window: ProjectSyncWindow): ReadWindow | string => {
  const { duration: length = '', timeZone = '' } = window
  let schedule: Schedule
  try {
    schedule = readSchedule(window.schedule ?? '')
  } catch (error) {
    return `cannot parse schedule '${window.schedule ?? ''}': ${error instanceof Error ? error.message : String(error)}`
  }
  const duration = parseGoDuration(length)
  if (duration === undefined) return `cannot parse duration '${length}': ${durationProblem(length) ?? ''}`
  return { schedule, duration, zoneOffset: zoneOffset(timeZone) ?? (() => 0) }
})

/** A window's times by its zone's clock as it is set now. */
function timesOf(window: ProjectSyncWindow, now: number): Times | undefined {
  const read = readWindow(window)
  if (typeof read === 'string') return undefined
  const { schedule, duration } = read
  const ahead = read.zoneOffset(now)
  return {
    duration,
    next: (after) => {
      const start = schedule.next(after + ahead)
      return start === undefined ? undefined : start - ahead
    },
  }
}
