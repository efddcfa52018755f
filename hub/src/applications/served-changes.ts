import { deepEqual } from '@flotilla/shared/lang/deep-equal'
import type { ClusterFacts } from '../fleet/ports.ts'

/** Notices when a cluster serves something else than before: charts ask for that, so their manifests may be others. */
export class ServedChanges {
  readonly #known = new Map<string, readonly unknown[]>()

  /** Whether it changed since the last call for this cluster. */
  changed(cluster: string, facts: ClusterFacts | undefined): boolean {
    const now = [facts?.kubernetesVersion, facts?.apis]
    const before = this.#known.get(cluster) ?? [undefined, undefined]
    this.#known.set(cluster, now)
    return !deepEqual(before, now)
  }
}
