import type { Assignment, Bundle } from '@flotilla/shared/protocol/desired'
import { canonicalJson } from '@flotilla/shared/protocol/digest'
import { sha256 } from '@flotilla/shared/runtime/sha256'
import type { DesiredSource } from '../ports.ts'

/** A desired state that tests write by hand. */
export class DesiredTable implements DesiredSource {
  readonly #clusters = new Map<string, Map<string, Assignment>>()
  readonly #blobs = new Map<string, string>()
  readonly #watchers = new Map<string, Set<(application: string) => void>>()
  readonly behindCalls: { cluster: string; application: string; generation: number }[] = []
  known = true

  assignments(cluster: string): readonly Assignment[] | undefined {
    return this.known ? [...(this.#clusters.get(cluster)?.values() ?? [])] : undefined
  }
  assignment(cluster: string, application: string): Assignment | undefined {
    return this.#clusters.get(cluster)?.get(application)
  }
  isAssigned(cluster: string, bundle: string): boolean {
    const assignments = [...(this.#clusters.get(cluster)?.values() ?? [])]
    return assignments.some((each) => each.bundle === bundle || each.operation?.bundle === bundle)
  }
  watch(cluster: string, changed: (application: string) => void): () => void {
    const watchers = this.#watchers.get(cluster) ?? new Set()
    this.#watchers.set(cluster, watchers.add(changed))
    return () => void watchers.delete(changed)
  }
  async blob(digest: string): Promise<string | undefined> {
    return this.#blobs.get(digest)
  }
  behind(cluster: string, application: string, generation: number): void {
    this.behindCalls.push({ cluster, application, generation })
  }

  /** Stores a value; answers its digest. */
  put(value: unknown): string {
    const text = canonicalJson(value)
    const digest = `sha256:${sha256(text)}`
    this.#blobs.set(digest, text)
    return digest
  }

  bundle(manifests: readonly unknown[]): string {
    const bundle: Bundle = {
      revisions: ['r'],
      manifests: manifests.map((manifest) => this.put(manifest)),
      settings: this.put({ instance: 'test' }),
    }
    return this.put(bundle)
  }

  assign(cluster: string, assignment: Assignment): void {
    const assignments = this.#clusters.get(cluster) ?? new Map<string, Assignment>()
    this.#clusters.set(cluster, assignments.set(assignment.application, assignment))
    this.#changed(cluster, assignment.application)
  }

  unassign(cluster: string, application: string): void {
    this.#clusters.get(cluster)?.delete(application)
    this.#changed(cluster, application)
  }

  #changed(cluster: string, application: string): void {
    for (const watcher of this.#watchers.get(cluster) ?? []) watcher(application)
  }
}
