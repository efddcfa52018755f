import type { KubeObject } from '@flotilla/shared/k8s/object'
import { isSecret } from '@flotilla/shared/k8s/redact'
import { routes } from '@flotilla/shared/api/routes'
import type { Client } from '../client.ts'
import { withManifests, type ManagedResource } from './managed-diff.ts'

/**
 * Managed resources as they would be with other manifests in place of those of Git: compared beside the cluster, by all
 * rules of the application, and where asked for by what its API server would make of them. Secrets are left out, as nobody
 * here knows their values.
 */
export async function withOtherManifests(
  client: Client,
  address: Parameters<Client['call']>[1],
  managed: readonly ManagedResource[],
  given: { readonly manifests: readonly string[]; readonly serverSide?: boolean },
): Promise<ManagedResource[]> {
  const manifests = given.manifests.filter((text) => !isSecret(JSON.parse(text) as KubeObject))
  const body = { manifests, serverSide: given.serverSide === true }
  const { items = [] } = await client.call<{ items?: ManagedResource[] }>(routes.manifestDiff, { ...address, body })
  return withManifests(
    managed.filter((item) => !isSecretItem(item)),
    items,
  )
}

export function isSecretItem({ group = '', kind }: ManagedResource): boolean {
  return group === '' && kind === 'Secret'
}
