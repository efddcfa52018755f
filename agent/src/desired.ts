import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Assignment, Bundle, SyncSettings } from '@flotilla/shared/protocol/desired'
import type { ApplicationReport } from '@flotilla/shared/protocol/report'

/**
 * The desired state as the agent holds it, and the memory of the engine: all it acts on. The channel updates it, the
 * engine reads it, so the engine works the same with the hub away. Assignments are only shown once their bundle,
 * settings and manifests are complete and verified by digest; until then the previous assignment stays.
 */
export interface DesiredCache {
  /**
   * False until the cache has been filled once by the hub, or from disk. While false nothing is known, which is not the
   * same as "no applications".
   */
  ready(): boolean
  /** Another agent with this identity serves the cluster: what is held here may be old, and is not acted upon. */
  aside?(): boolean
  applications(): readonly Assignment[]
  assignment(application: string): Assignment | undefined
  /** Throws where it is missing: an assignment that is shown is complete. */
  bundle(digest: string): Bundle
  settings(digest: string): SyncSettings
  /** Callers may keep it, never change it. */
  manifest(digest: string): KubeObject
  /** Called with the application's name after its assignment came, changed or went. The answer unsubscribes. */
  onChange(listener: (application: string) => void): () => void

  /** What the engine remembers of an application between runs: JSON, opaque to the cache, and the caller's own. */
  loadRecord(application: string): unknown
  /**
   * Keeps it. With `durable` the promise resolves once a kill -9 cannot lose it (writers within a moment may share one
   * fsync); without, it may be written later, coalesced with others.
   */
  saveRecord(application: string, record: unknown, options: { readonly durable: boolean }): Promise<void>
  /** Forgets it: the application is gone. */
  deleteRecord(application: string): Promise<void>
}

/** Takes what the engine says of applications. Reports are whole: a newer one of an application replaces an older. */
export interface ReportSink {
  report(report: ApplicationReport): void
  /**
   * Tells how far something under way has come, unless its end is told soon. `make` is asked when it is to be sent; it
   * answers undefined where the end has come.
   */
  passing(application: string, make: () => ApplicationReport | undefined): void
}
