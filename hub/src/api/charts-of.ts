import { chartIndex, type ChartEntry } from '../charts/chart-index.ts'
import { credentialsFor, credentialsFrom } from '../git/credentials.ts'
import type { ApiContext } from './context.ts'
import { listSecrets } from './repository-secrets.ts'

/** The charts of a repository, asked for with the credentials that are kept for it. */
export async function chartsOf(
  { objects, transports }: Pick<ApiContext, 'objects' | 'transports'>,
  url: string,
): Promise<ChartEntry[]> {
  const secrets = [...(await listSecrets(objects, 'repository')), ...(await listSecrets(objects, 'repo-creds'))]
  return chartIndex(url, credentialsFor(url, credentialsFrom(secrets)), transports)
}
