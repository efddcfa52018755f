import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Assignment, Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'
import type { DesiredCache, ReportSink } from '../desired.ts'

/** A desired state in memory, written to by a test as the hub would; also takes the reports. */
export class MemoryDesired implements DesiredCache, ReportSink {
  readonly records = new Map<string, unknown>()
  readonly reported = new Map<string, ApplicationReport>()
  readonly #assignments = new Map<string, Assignment>()
  readonly #blobs = new Map<string, unknown>()
  readonly #listeners = new Set<(application: string) => void>()
  readonly #waiting = new Set<() => void>()
  readonly #watchers = new Set<(report: ApplicationReport) => void>()

  /** Assigns manifests to an application. */
  assign(
    application: string,
    manifests: readonly KubeObject[],
    settings: SyncSettings,
    revision: string,
    more: Partial<Assignment> = {},
  ): string {
    const bundle: Bundle = {
      revisions: [revision],
      manifests: manifests.map((manifest) => this.#keep(manifest)),
      settings: this.#keep(settings),
    }
    const digest = this.#keep(bundle)
    const generation = (this.#assignments.get(application)?.generation ?? 0) + 1
    this.#assignments.set(application, { application, incarnation: '1', generation, bundle: digest, ...more })
    this.#tell(application)
    return digest
  }

  change(application: string, change: Partial<Assignment>): void {
    const assignment = this.#assignments.get(application)
    if (!assignment) throw new Error(`${application} is not assigned`)
    this.#assignments.set(application, { ...assignment, generation: assignment.generation + 1, ...change })
    this.#tell(application)
  }

  /** Resolves with the first report that fits. */
  async until(application: string, fits: (report: ApplicationReport) => boolean): Promise<ApplicationReport> {
    for (;;) {
      const report = this.reported.get(application)
      if (report && fits(report)) return report
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Calls back with every report, also those that something newer follows at once. */
  onReport(watcher: (report: ApplicationReport) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  ready(): boolean {
    return true
  }
  applications(): readonly Assignment[] {
    return [...this.#assignments.values()]
  }
  assignment(application: string): Assignment | undefined {
    return this.#assignments.get(application)
  }
  bundle(digest: string): Bundle {
    return this.#blob<Bundle>(digest)
  }
  settings(digest: string): SyncSettings {
    return this.#blob<SyncSettings>(digest)
  }
  manifest(digest: string): KubeObject {
    return structuredClone(this.#blob<KubeObject>(digest))
  }
  onChange(listener: (application: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  loadRecord(application: string): unknown {
    return structuredClone(this.records.get(application))
  }
  async saveRecord(application: string, record: unknown): Promise<void> {
    this.records.set(application, structuredClone(record))
  }
  async deleteRecord(application: string): Promise<void> {
    this.records.delete(application)
  }
  passing(_: string, make: () => ApplicationReport | undefined): void {
    const report = make()
    if (report) this.report(report)
  }
  report(report: ApplicationReport): void {
    this.reported.set(report.application, report)
    for (const watcher of this.#watchers) watcher(report)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  #tell(application: string): void {
    for (const listener of this.#listeners) listener(application)
  }
  #keep(value: unknown): string {
    const digest = `sha256:${this.#blobs.size.toString(16).padStart(64, '0')}`
    this.#blobs.set(digest, value)
    return digest
  }
  #blob<T>(digest: string): T {
    const found = this.#blobs.get(digest)
    if (found === undefined) throw new Error(`no blob ${digest}`)
    return found as T
  }
}
