import type { Log } from '@flotilla/shared/runtime/log'
import type { Json, Records } from '../store/records.ts'
import type { ClusterFacts } from './ports.ts'
import type { Presence } from './presence.ts'

const kind = 'fleet-facts'

/**
 * What clusters serve, as their agents told it last: manifests are made for it, and a hub that has just started must not
 * make others because no agent has come back yet.
 */
export async function rememberedFacts(records: Records): Promise<ReadonlyMap<string, ClusterFacts>> {
  const all = await records.list<Json>(kind)
  return new Map(all.map(({ key, value }) => [key, value as unknown as ClusterFacts]))
}

/** Writes down what changes of it. The answer ends that. */
export function rememberFacts(records: Records, presence: Presence, log: Log): () => void {
  const written = new Map<string, string>()
  return presence.listen((cluster, { facts }) => {
    if (!facts?.kubernetesVersion && !facts?.apis) return
    const { kubernetesVersion, apis } = facts
    const text = JSON.stringify({ ...(kubernetesVersion && { kubernetesVersion }), ...(apis && { apis }) })
    if (written.get(cluster) === text) return
    written.set(cluster, text)
    records
      .put(kind, cluster, JSON.parse(text) as Json)
      .catch((error: unknown) => log.warn({ err: error, cluster }, 'facts of a cluster not kept'))
  })
}

/** Nothing is remembered of a cluster that is gone. */
export async function forgetFacts(records: Records, cluster: string): Promise<void> {
  await records.delete(kind, cluster)
}
