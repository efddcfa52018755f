import { setDigest } from '@flotilla/shared/protocol/digest'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { Records } from '../store/records.ts'

type Marks = { readonly [application: string]: string }

/**
 * Which report of each application was taken last, as marks: an agent that reported all of it need not repeat any.
 * Written when a connection ends; after a crash the marks are old, the digests differ, and the agent repeats itself.
 */
export class Ledger {
  readonly #records: Records
  readonly #open = new Map<string, { readonly marks: Map<string, string>; dirty: boolean }>()

  constructor(records: Records) {
    this.#records = records
  }

  async open(cluster: string): Promise<void> {
    if (this.#open.has(cluster)) return
    const stored = (await this.#records.get<Marks>('fleet-reports', cluster)) ?? {}
    if (!this.#open.has(cluster)) this.#open.set(cluster, { marks: new Map(Object.entries(stored)), dirty: false })
  }

  digest(cluster: string): string {
    return setDigest(this.#open.get(cluster)?.marks ?? new Map(), sha256)
  }

  /** `undefined` forgets the application. */
  set(cluster: string, application: string, mark: string | undefined): void {
    const ledger = this.#open.get(cluster)
    if (ledger === undefined || ledger.marks.get(application) === mark) return
    ledger.dirty = true
    if (mark === undefined) ledger.marks.delete(application)
    else ledger.marks.set(application, mark)
  }

  clear(cluster: string): void {
    const ledger = this.#open.get(cluster)
    if (ledger === undefined || ledger.marks.size === 0) return
    ledger.marks.clear()
    ledger.dirty = true
  }

  async close(cluster: string): Promise<void> {
    const ledger = this.#open.get(cluster)
    if (ledger === undefined) return
    this.#open.delete(cluster)
    if (ledger.dirty) await this.#records.put('fleet-reports', cluster, Object.fromEntries(ledger.marks))
  }
}
