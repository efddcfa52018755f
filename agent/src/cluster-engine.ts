import type { KubeObject } from '@flotilla/shared/k8s/object'
import { realClock } from '@flotilla/shared/runtime/clock'
import { createJq, type Jq } from '@flotilla/shared/runtime/jq'
import { realRandom } from '@flotilla/shared/runtime/random'
import type { AgentOptions, Engine, EngineParts } from './agent.ts'
import { connectionFromKubeconfig, connectionInCluster, type Connection } from './cluster/auth.ts'
import type { ClusterIdentity } from './channel/connect.ts'
import { createClusterClient, type Cluster } from './cluster/client.ts'
import { ApiError } from './cluster/errors.ts'
import type { AgentConfig } from './config.ts'
import { createSyncEngine, type SyncEngine } from './engine.ts'
import { actionsBySettings } from './health/actions-for-settings.ts'
import { healthBySettings } from './health/for-settings.ts'
import { createLua } from './health/lua.ts'

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
  let running: { readonly engine: SyncEngine; readonly jq: Jq } | undefined
  const started = (): SyncEngine => {
    if (!running) throw new Error('the agent is still starting')
    return running.engine
  }
  return {
    async start() {
      const [runLua, jq] = await Promise.all([createLua(() => parts.clock.now()), createJq()])
      const health = healthBySettings(runLua)
      const actions = actionsBySettings(runLua, () => new Date(parts.clock.now()))
      const engine = createSyncEngine({
        ...parts,
        cluster,
        desired: parts.cache,
        health,
        actions,
        deletePaths: jq.deletePaths,
      })
      running = { engine, jq }
      engine.start()
    },
    async stop() {
      await running?.engine.stop()
      await running?.jq.close()
      await cluster.close()
    },
    answer: async (query, signal) => started().query(query, signal),
    async *stream(query, signal) {
      const engine = started()
      const answer = (await engine.query(query, signal)) as AsyncIterable<unknown>
      for await (const chunk of answer) {
        if (signal.aborted) return
        yield chunk
      }
    },
  }
}

/** Who may not see its first namespace still knows the cluster's version. */
async function whoIs(cluster: Cluster): Promise<ClusterIdentity> {
  const [namespace, version] = await Promise.all(
    ['/api/v1/namespaces/kube-system', '/version'].map(async (path) => {
      try {
        return JSON.parse((await cluster.request({ method: 'GET', path })).text) as KubeObject & { gitVersion?: string }
      } catch (error) {
        if (error instanceof ApiError && (error.code === 403 || error.code === 404)) return undefined
        throw error
      }
    }),
  )
  return { uid: namespace?.metadata.uid, kubernetesVersion: version?.gitVersion }
}
