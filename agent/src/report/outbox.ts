import { readFile } from 'node:fs/promises'
import type { Clock } from '@flotilla/shared/lang/clock'
import { reportMark, reportText, setDigest } from '@flotilla/shared/protocol/digest'
import { Outbox } from '@flotilla/shared/protocol/outbox'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { writeFileAtomic } from '@flotilla/shared/runtime/files'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { ReportSink } from '../desired.ts'

/** Characters of reports that travel in one message. */
const MESSAGE_CHARS = 256 * 1024

/** Of so many applications is told each second what is under way; of more it waits, for its end most likely. */
const PASSING_PER_SECOND = 10
const PASSING_MS = 1_000

/** One report as JSON: there is one of each application, for as long as the agent lives, and hardly any is sent twice. */
class Entry {
  /** What it says, but for when it was computed. */
  readonly said: string
  readonly #reconciledAt: string
  #mark: string | undefined

  constructor(report: ApplicationReport) {
    this.said = reportText(report)
    this.#reconciledAt = report.reconciledAt
  }

  get text(): string {
    return `${this.said.slice(0, -1)},"reconciledAt":${JSON.stringify(this.#reconciledAt)}}`
  }

  /** As the hub marks it; asked for seldom. */
  mark(): string {
    this.#mark ??= reportMark(this.said, sha256)
    return this.#mark
  }
}

/** The latest report of each application, until the hub has it; equal ones are said once. */
export class ReportOutbox implements ReportSink {
  readonly #path: string
  readonly #outbox = new Outbox<Entry>()
  readonly #latest = new Map<string, Entry>()
  readonly #clock: Clock
  /** What the hub has acknowledged: as reports, or as marks from before a restart. */
  readonly #told: Map<string, Entry | string>
  readonly #passing = new Map<string, () => ApplicationReport | undefined>()
  #second = 0
  readonly #passed = new Set<string>()
  #planned = false
  #dirty = false
  #wake: () => void = () => undefined

  private constructor(path: string, clock: Clock, told: Map<string, string>) {
    this.#path = path
    this.#clock = clock
    this.#told = told
  }

  static async open(path: string, clock: Clock): Promise<ReportOutbox> {
    const told = await readFile(path, 'utf8').then(
      (text) => new Map(Object.entries(JSON.parse(text) as Record<string, string>)),
      () => new Map<string, string>(),
    )
    return new ReportOutbox(path, clock, told)
  }

  /** Called when there is something to send. */
  onWaiting(wake: () => void): void {
    this.#wake = wake
  }

  get waiting(): number {
    return this.#outbox.waiting
  }

  /** Digest of what the hub has acknowledged. */
  digest(): string {
    return setDigest(this.#marks(), sha256)
  }

  report(report: ApplicationReport): void {
    const { application } = report
    this.#passing.delete(application)
    const entry = new Entry(report)
    const before = this.#latest.get(application)
    if (before?.said === entry.said) return
    this.#latest.set(application, entry)
    const told = before === undefined ? this.#told.get(application) : undefined
    if (told !== undefined && markOf(told) === entry.mark()) return
    this.#outbox.offer(application, entry)
    this.#wake()
  }

  passing(application: string, make: () => ApplicationReport | undefined): void {
    const second = Math.floor(this.#clock.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#passed.clear()
    }
    if (this.#passed.size >= PASSING_PER_SECOND && !this.#passed.has(application)) {
      this.#passing.set(application, make)
      if (!this.#planned) this.#clock.after(PASSING_MS, () => this.#pass())
      this.#planned = true
      return
    }
    this.#passed.add(application)
    const report = make()
    if (report) this.report(report)
  }

  /** Tells what has not come to its end in the meantime. */
  #pass(): void {
    this.#planned = false
    const waiting = [...this.#passing.values()]
    this.#passing.clear()
    for (const make of waiting) {
      const report = make()
      if (report) this.report(report)
    }
  }

  #marks(): Map<string, string> {
    return new Map([...this.#told].map(([application, told]) => [application, markOf(told)]))
  }

  forget(application: string): void {
    this.#latest.delete(application)
    this.#passing.delete(application)
    this.#outbox.withdraw(application)
    if (this.#told.delete(application)) this.#dirty = true
  }

  /** A session begins. A hub that has not what it acknowledged is told everything again. */
  begin(reported: boolean): void {
    this.#outbox.reset()
    if (reported) return
    this.#told.clear()
    this.#dirty = true
    for (const [application, entry] of this.#latest) this.#outbox.offer(application, entry)
  }

  /** Sends a batch, each report as JSON, with `send`, which answers the message's number. */
  flush(send: (reports: readonly string[]) => number): void {
    const batch = this.#outbox.take(200, ({ said }) => said.length, MESSAGE_CHARS)
    if (batch.size === 0) return
    this.#outbox.sent(send([...batch.values()].map(({ text }) => text)), batch)
  }

  acknowledged(upTo: number): void {
    for (const batch of this.#outbox.acknowledge(upTo))
      for (const [application, entry] of batch) {
        if (!this.#latest.has(application)) continue
        this.#told.set(application, entry)
        this.#dirty = true
      }
  }

  /** Keeps what the hub knows, so that a restart need not repeat it. */
  async save(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(this.#marks())))
  }
}

function markOf(told: Entry | string): string {
  return typeof told === 'string' ? told : told.mark()
}
