import { join } from 'node:path'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Assignment, Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import { assignmentMark } from '@flotilla/shared/protocol/digest'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { Log } from '@flotilla/shared/runtime/log'
import type { DesiredCache } from '../desired.ts'
import type { Clock } from '@flotilla/shared/lang/clock'
import { Recent } from '@flotilla/shared/lang/recent'
import { Journal } from './journal.ts'

export interface Want {
  bundle: string
  digests?: string[]
}

const APPLICATION = 'application:'
const RECORD = 'record:'
const READY = 'ready'

/** Of what all workers have in hand at one time, each looks twice. */
const mostParsed = 256

/** The desired state in two journals of the state folder: content by digest, and what is assigned and remembered. */
export class DesiredFiles implements DesiredCache {
  readonly #content: Journal
  readonly #state: Journal
  readonly #clock: Clock
  readonly #log: Log
  readonly #shown = new Map<string, Assignment>()
  /** Told by the hub, content not complete yet. */
  readonly #staged = new Map<string, Assignment>()
  /** Staged applications by the content they wait for. */
  readonly #lacking = new Map<string, Set<string>>()
  readonly #parsed = new Recent<string, unknown>(mostParsed)
  readonly #manifests = new Recent<string, KubeObject>(mostParsed)
  readonly #records = new Recent<string, string>(64)
  /** Records that may be lost: most are replaced before they need be written. */
  readonly #hasty = new Map<string, string>()
  /** Parts that the settings of all applications have in common, by their text: held once. */
  readonly #common = new Map<string, unknown>()
  readonly #listeners = new Set<(application: string) => void>()
  #ready: boolean
  #aside = false
  #stopLater: (() => void) | undefined

  private constructor(content: Journal, state: Journal, clock: Clock, log: Log) {
    this.#content = content
    this.#state = state
    this.#clock = clock
    this.#log = log
    this.#ready = state.has(READY)
    if (content.damaged + state.damaged > 0)
      log.warn(
        { damaged: content.damaged + state.damaged },
        'the cache was damaged; the hub will be asked for what is missing',
      )
    for (const key of state.keys()) {
      if (!key.startsWith(APPLICATION)) continue
      const json = state.get(key)
      const assignment = json === undefined ? undefined : (JSON.parse(json) as Assignment)
      if (assignment !== undefined && this.#missing(assignment).length === 0)
        this.#shown.set(assignment.application, assignment)
    }
  }

  static async open(directory: string, clock: Clock, log: Log): Promise<DesiredFiles> {
    const content = await Journal.open(join(directory, 'content.log'), clock)
    return new DesiredFiles(content, await Journal.open(join(directory, 'state.log'), clock), clock, log)
  }

  ready(): boolean {
    return this.#ready
  }
  aside(): boolean {
    return this.#aside
  }
  /** Stops acting, or goes on with what was told in the meantime. */
  standAside(aside: boolean): void {
    if (this.#aside === aside) return
    this.#aside = aside
    if (!aside) for (const application of this.#shown.keys()) this.#announce(application)
  }
  applications(): readonly Assignment[] {
    return [...this.#shown.values()]
  }
  assignment(application: string): Assignment | undefined {
    return this.#shown.get(application)
  }
  bundle(digest: string): Bundle {
    return this.#parse(digest) as Bundle
  }
  settings(digest: string): SyncSettings {
    return this.#parse(digest) as SyncSettings
  }
  manifest(digest: string): KubeObject {
    return this.#manifests.get(digest, () => JSON.parse(this.#text(digest)) as KubeObject)
  }
  onChange(listener: (application: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  loadRecord(application: string): unknown {
    const json =
      this.#hasty.get(application) ??
      this.#records.get(application, () => this.#state.get(RECORD + application) ?? 'null')
    return (JSON.parse(json) as unknown) ?? undefined
  }
  async saveRecord(application: string, record: unknown, options: { readonly durable: boolean }): Promise<void> {
    const json = JSON.stringify(record)
    if (!options.durable) {
      this.#hasty.set(application, json)
      return this.#flushLater()
    }
    this.#hasty.delete(application)
    this.#state.set(RECORD + application, json)
    this.#records.put(application, json)
    await this.#state.flush()
  }
  async deleteRecord(application: string): Promise<void> {
    this.#hasty.delete(application)
    this.#state.set(RECORD + application, undefined)
    this.#records.forget(application)
    await this.#state.flush()
  }

  /** What is held complete, as the hub compares it. */
  marks(): Map<string, string> {
    return new Map(
      [...this.#shown].map(([application, assignment]) => [application, assignmentMark(assignment, sha256)]),
    )
  }

  /**
   * Takes what the hub assigns. Answers what is to be fetched, and what is refused because something newer is held:
   * a hub that came back from a backup does not turn a cluster back.
   */
  assign(assignments: readonly Assignment[]): { wants: Want[]; refused: { assignment: Assignment; held: number }[] } {
    const refused: { assignment: Assignment; held: number }[] = []
    for (const assignment of assignments) {
      const held = this.#shown.get(assignment.application)
      if (held?.incarnation === assignment.incarnation && held.generation > assignment.generation)
        refused.push({ assignment, held: held.generation })
      else this.#staged.set(assignment.application, assignment)
    }
    return { wants: this.#advance(assignments.map(({ application }) => application)), refused }
  }

  /** Forgets applications. Nothing in the cluster is touched by it. */
  remove(applications: readonly string[]): void {
    for (const application of applications) {
      this.#staged.delete(application)
      this.#state.set(APPLICATION + application, undefined)
      if (this.#shown.delete(application)) this.#announce(application)
    }
  }

  /** Takes content that is what its digest says. Answers what is to be fetched next for those who waited for it. */
  addBlobs(blobs: readonly { readonly digest: string; readonly text: string }[]): Want[] {
    const waited = new Set<string>()
    for (const { digest, text } of blobs) {
      if (`sha256:${sha256(text)}` === digest && !text.includes('\n')) this.#content.set(digest, text)
      else this.#log.error({ digest }, 'content is not what its digest says; it is not used')
      for (const application of this.#lacking.get(digest) ?? []) waited.add(application)
      this.#lacking.delete(digest)
    }
    return this.#advance(waited)
  }

  /** Whether something that was told waits for its content. */
  waits(): boolean {
    return this.#staged.size > 0
  }

  /** The hub has told everything once: no applications means none from now on. */
  markReady(): void {
    if (this.#ready || this.#staged.size > 0) return
    this.#ready = true
    this.#state.set(READY, 'true')
    for (const application of this.#shown.keys()) this.#announce(application)
  }

  /** What was announced survives a kill -9. */
  async flush(): Promise<void> {
    await Promise.all([this.#content.flush(), this.#state.flush()])
  }

  #keepHasty(): void {
    for (const [application, json] of this.#hasty) {
      this.#state.set(RECORD + application, json)
      this.#records.put(application, json)
    }
    this.#hasty.clear()
  }

  /** What may be lost is written with what must not be; a moment later by itself. */
  #flushLater(): void {
    this.#stopLater ??= this.#clock.after(250, () => {
      this.#stopLater = undefined
      this.#keepHasty()
      this.flush().catch((error: unknown) => this.#log.error({ err: error }, 'the cache could not be written'))
    })
  }

  /** Drops content that nothing assigned refers to. */
  collect(): void {
    const used = new Set<string>()
    for (const assignment of [...this.#shown.values(), ...this.#staged.values()])
      for (const digest of [...bundlesOf(assignment), ...bundleOfRecord(this.loadRecord(assignment.application))]) {
        used.add(digest)
        if (!this.#content.has(digest)) continue
        const bundle = this.bundle(digest)
        for (const part of [bundle.settings, ...bundle.manifests]) used.add(part)
      }
    for (const key of this.#content.keys()) if (!used.has(key)) this.#content.set(key, undefined)
    this.#common.clear()
  }

  async close(): Promise<void> {
    this.#stopLater?.()
    this.#keepHasty()
    await Promise.all([this.#content.close(), this.#state.close()])
  }

  /** Shows the staged assignments that are complete; asks for what the others lack. */
  #advance(applications: Iterable<string>): Want[] {
    const wants = new Map<string, Want>()
    for (const application of applications) {
      const assignment = this.#staged.get(application)
      if (assignment === undefined) continue
      const missing = this.#missing(assignment)
      for (const want of missing) {
        wants.set(want.bundle, want)
        for (const digest of want.digests ?? [want.bundle]) this.#await(digest, application)
      }
      if (missing.length > 0) continue
      this.#staged.delete(application)
      this.#shown.set(application, assignment)
      this.#state.set(APPLICATION + application, JSON.stringify(assignment))
      this.#announce(application)
    }
    if (this.#staged.size === 0) this.#lacking.clear()
    return [...wants.values()]
  }

  #await(digest: string, application: string): void {
    const waiting = this.#lacking.get(digest)
    if (waiting) waiting.add(application)
    else this.#lacking.set(digest, new Set([application]))
  }

  #missing(assignment: Assignment): Want[] {
    const wants: Want[] = []
    for (const digest of bundlesOf(assignment)) {
      if (!this.#content.has(digest)) {
        wants.push({ bundle: digest })
        continue
      }
      const bundle = this.bundle(digest)
      const digests = [...new Set([bundle.settings, ...bundle.manifests])].filter((part) => !this.#content.has(part))
      if (digests.length > 0) wants.push({ bundle: digest, digests })
    }
    return wants
  }

  #text(digest: string): string {
    const text = this.#content.get(digest)
    if (text === undefined) throw new Error(`content ${digest} is missing`)
    return text
  }

  #parse(digest: string): unknown {
    return this.#parsed.get(digest, () => this.#shared(JSON.parse(this.#text(digest))))
  }

  /** The same with its common parts held once. */
  #shared(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || !('argocdCm' in value)) return value
    const settings: Record<string, unknown> = { ...value }
    for (const part of ['argocdCm', 'projectSpec']) {
      const text = JSON.stringify(settings[part])
      if (text === undefined) continue
      if (!this.#common.has(text)) this.#common.set(text, settings[part])
      settings[part] = this.#common.get(text)
    }
    return settings
  }

  #announce(application: string): void {
    for (const listener of this.#listeners) listener(application)
  }
}

function bundlesOf(assignment: Assignment): string[] {
  const { bundle, operation } = assignment
  return [...new Set([bundle, operation?.bundle].filter((digest) => digest !== undefined))]
}

/** An operation goes on with the bundle it began with, and what it applied is compared with later. */
function bundleOfRecord(record: unknown): string[] {
  const bundle = (record as { operation?: { bundle?: unknown } } | null | undefined)?.operation?.bundle
  return typeof bundle === 'string' && bundle !== '' ? [bundle] : []
}
