import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import type { AgentOptions, Engine, EngineParts } from './agent.ts'
import { connectionFromKubeconfig, connectionInCluster, type Connection } from './cluster/auth.ts'
import { createClusterClient, type Cluster } from './cluster/client.ts'
import type { AgentConfig } from './config.ts'
import { createSyncEngine } from './engine.ts'

/** The engine for the cluster that a configuration names. */
export async function clusterOf(
  config: AgentConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Pick<AgentOptions, 'engine' | 'cluster'>> {
  const connection =
    config.kubeconfig === undefined
      ? await connectionInCluster(env, () => realClock.now())
      : await connectionFromKubeconfig(config.kubeconfig, { allowExec: true })
  return engineOn(connection)
}

/** The engine for a cluster's connection. */
export function engineOn(connection: Connection): Pick<AgentOptions, 'engine' | 'cluster'> {
  const cluster = createClusterClient({ connection, clock: realClock, random: realRandom })
  return { engine: (parts) => syncEngine(parts, cluster), cluster: () => whoIs(cluster) }
}

function syncEngine(parts: EngineParts, cluster: Cluster): Engine {
  const engine = createSyncEngine({ ...parts, cluster, desired: parts.cache })
  return {
    async start() {
      engine.start()
    },
    async stop() {
      await engine.stop()
      await cluster.close()
    },
    answer: (query) => engine.query(query),
    async *stream(query, signal) {
      const answer = (await engine.query(query)) as AsyncIterable<unknown>
      for await (const chunk of answer) {
        if (signal.aborted) return
        yield chunk
      }
    },
  }
}

async function whoIs(cluster: Cluster) {
  const [namespace, version] = await Promise.all([
    cluster.request({ method: 'GET', path: '/api/v1/namespaces/kube-system' }),
    cluster.request({ method: 'GET', path: '/version' }),
  ])
  return {
    uid: (JSON.parse(namespace.text) as KubeObject).metadata.uid,
    kubernetesVersion: (JSON.parse(version.text) as { gitVersion?: string }).gitVersion,
  }
}
