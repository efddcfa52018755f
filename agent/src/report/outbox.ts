import { readFile } from 'node:fs/promises'
import { reportMark, setDigest } from '@flotilla/shared/protocol/digest'
import { Outbox } from '@flotilla/shared/protocol/outbox'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import { writeFileAtomic } from '@flotilla/shared/runtime/files'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { ReportSink } from '../desired.ts'

/** Characters of reports that travel in one message. */
const MESSAGE_CHARS = 256 * 1024

interface Entry {
  readonly mark: string
  /** The report as JSON: there is one of each application, for as long as the agent lives, and hardly any is sent twice. */
  readonly text: string
}

/** The latest report of each application, until the hub has it; equal ones are said once. */
export class ReportOutbox implements ReportSink {
  readonly #path: string
  readonly #outbox = new Outbox<Entry>()
  readonly #latest = new Map<string, Entry>()
  /** Marks of what the hub has acknowledged. */
  readonly #told: Map<string, string>
  #dirty = false
  #wake: () => void = () => undefined

  private constructor(path: string, told: Map<string, string>) {
    this.#path = path
    this.#told = told
  }

  static async open(path: string): Promise<ReportOutbox> {
    const told = await readFile(path, 'utf8').then(
      (text) => new Map(Object.entries(JSON.parse(text) as Record<string, string>)),
      () => new Map<string, string>(),
    )
    return new ReportOutbox(path, told)
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
    return setDigest(this.#told, sha256)
  }

  report(report: ApplicationReport): void {
    const mark = reportMark(report, sha256)
    const before = this.#latest.get(report.application)
    if (before?.mark === mark) return
    const entry = { mark, text: JSON.stringify(report) }
    this.#latest.set(report.application, entry)
    if (before === undefined && this.#told.get(report.application) === mark) return
    this.#outbox.offer(report.application, entry)
    this.#wake()
  }

  forget(application: string): void {
    this.#latest.delete(application)
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

  /** Sends a batch with `send`, which answers the message's number. */
  flush(send: (reports: ApplicationReport[]) => number): void {
    const batch = this.#outbox.take(200, ({ text }) => text.length, MESSAGE_CHARS)
    if (batch.size === 0) return
    const reports = [...batch.values()].map(({ text }) => JSON.parse(text) as ApplicationReport)
    this.#outbox.sent(send(reports), batch)
  }

  acknowledged(upTo: number): void {
    for (const batch of this.#outbox.acknowledge(upTo))
      for (const [application, entry] of batch) {
        if (!this.#latest.has(application)) continue
        this.#told.set(application, entry.mark)
        this.#dirty = true
      }
  }

  /** Keeps what the hub knows, so that a restart need not repeat it. */
  async save(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(this.#told)))
  }
}
