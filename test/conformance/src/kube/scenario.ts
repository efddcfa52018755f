import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What is asked of a server; `{{names}}` in it are filled in for each run. */
export interface Call {
  readonly method?: string
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** A known user, `anonymous`, or a token itself. */
  readonly as?: string
}

/** How an answer is brought into the form of the recording. */
export interface Shape {
  /** Only these pointers of it. */
  readonly pick?: readonly string[]
  readonly ignore?: readonly string[]
  readonly sort?: readonly string[]
  /** Errors come in no fixed order. */
  readonly unordered?: boolean
}

/** Names to keep for later steps, as pointers into the answer. */
type Capture = Readonly<Record<string, string>>

export interface RequestStep extends Call, Shape {
  readonly step: 'request'
  readonly response: unknown
  readonly retryUntil?: number
  readonly retryFor?: number
  readonly bodyless?: boolean
  readonly capture?: Capture
}

export interface WatchStep extends Call, Shape {
  readonly step: 'watch'
  readonly id: string
  readonly response: unknown
  readonly bookmarks?: boolean
}

export interface ExpectStep extends Shape {
  readonly step: 'expect'
  readonly id: string
  readonly events: readonly unknown[]
  readonly timeout?: number
}

export interface CloseStep extends Shape {
  readonly step: 'close'
  readonly id: string
  readonly extra: unknown
  readonly ended: boolean
  readonly anyExtra?: boolean
  readonly waitEnd?: number
  readonly settle?: number
}

/** What a GET must say in the end. */
export interface Goal {
  readonly pointer?: string
  readonly equals?: unknown
  readonly length?: number
  readonly absent?: boolean
  readonly status?: number
  readonly timeout?: number
}

export interface WaitStep extends Call, Goal {
  readonly step: 'wait'
  readonly settle?: number
  readonly capture?: Capture
}

export interface SleepStep {
  readonly step: 'sleep'
  readonly ms: number
}

export type Step = RequestStep | WatchStep | ExpectStep | CloseStep | WaitStep | SleepStep

/** What scenarios and commands have in common. */
interface Recording {
  /** Topic and name. */
  readonly name: string
  readonly why: string
  /** Says nothing where nobody does the controllers' work. */
  readonly needsControllers?: boolean
  /** Says nothing where controllers come between. */
  readonly noControllers?: boolean
  readonly namespaces?: readonly string[]
  readonly cleanup?: readonly Call[]
}

/** Requests to a real API server, with its answers. */
export interface Scenario extends Recording {
  readonly steps: readonly Step[]
  /** Needs a server that has forgotten the first versions. */
  readonly needsCompacted?: boolean
  /** Its times are told apart: what happens between two pauses happens in one second. */
  readonly orderedTimes?: boolean
}

/** One line of a transcript: a command, or what had to happen between commands. */
export interface CommandStep {
  readonly tool?: 'kubectl' | 'helm'
  readonly cmd?: readonly string[]
  readonly stdin?: string
  readonly as?: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeout?: number
  readonly sortLines?: boolean
  readonly only?: string
  readonly explain?: boolean
  readonly exit?: number
  readonly stdout?: string
  readonly stderr?: string
  readonly api?: Call
  readonly wait?: Call & Goal
  readonly sleep?: number
  readonly capture?: Capture
}

/** Commands against a real API server, with what they printed. */
export interface Transcript extends Recording {
  readonly files?: Readonly<Record<string, string>>
  /** Prefixes of generated names. */
  readonly randoms?: readonly string[]
  readonly steps: readonly CommandStep[]
}

/** All recordings of a folder: a file a topic, a line a recording. */
export function readRecordings<T extends Recording>(folder: string): T[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => readFileSync(path.join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
