import { routes } from '@flotilla/shared/api/routes'
import type { Client } from '../client.ts'
import { withManifests, type ManagedResource } from './managed-diff.ts'

/**
 * Managed resources as they would be with other manifests in place of those of Git: compared beside the cluster, by all
 * rules of the application, and where asked for by what its API server would make of them.
 */
export async function withOtherManifests(
  client: Client,
  address: Parameters<Client['call']>[1],
  managed: readonly ManagedResource[],
  given: { readonly manifests: readonly string[]; readonly serverSide?: boolean },
): Promise<ManagedResource[]> {
  const body = { manifests: given.manifests, serverSide: given.serverSide === true }
  const { items = [] } = await client.call<{ items?: ManagedResource[] }>(routes.manifestDiff, { ...address, body })
  return withManifests(managed, items)
}
