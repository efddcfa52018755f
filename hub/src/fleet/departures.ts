import { inClusterName } from '@flotilla/shared/argo/resources'
import type { Clusters } from '../applications/clusters.ts'
import type { Fleet } from './ports.ts'

/**
 * A cluster is registered by its Secret: where that goes, by whatever way, its agent's keys are void. Those whose Secret
 * went while the hub was away are found at the start. The answer stops it.
 */
export function followDepartures(options: {
  readonly clusters: Pick<Clusters, 'byName' | 'onChange'>
  readonly fleet: Pick<Fleet, 'forget' | 'registered'>
  readonly failed: (cluster: string, error: unknown) => void
}): () => void {
  const { clusters, fleet, failed } = options
  const look = (cluster: string): void => {
    if (cluster === inClusterName || clusters.byName(cluster).length > 0) return
    if (!fleet.registered().includes(cluster)) return
    fleet.forget(cluster).catch((error: unknown) => failed(cluster, error))
  }
  for (const cluster of fleet.registered()) look(cluster)
  return clusters.onChange(look)
}
