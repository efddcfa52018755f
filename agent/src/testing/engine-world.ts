import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { realClock } from '@flotilla/shared/runtime/clock'
import { silentLog } from '@flotilla/shared/runtime/log'
import { realRandom } from '@flotilla/shared/runtime/random'
import { createCluster } from '@flotilla/test-kube/cluster'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectionFromKubeconfig } from '../cluster/auth.ts'
import { createClusterClient, type ApiRequest, type Cluster } from '../cluster/client.ts'
import { createSyncEngine } from '../engine.ts'
import { createPolicy } from '../policy.ts'
import { MemoryDesired } from './memory-desired.ts'

/** An engine on a cluster of its own, for tests. */
export interface EngineWorld extends AsyncDisposable {
  readonly desired: MemoryDesired
  readonly cluster: Cluster
  /** What the engine wrote, without dry runs: `PATCH /path`. */
  readonly writes: string[]
  get(path: string): Promise<KubeObject | undefined>
}

/** Starts a cluster and an engine on it. */
export async function startEngineWorld({
  onRequest,
}: { readonly onRequest?: (request: ApiRequest) => void } = {}): Promise<EngineWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'flotilla-engine-'))
  const kube = await createCluster({ clock: realClock, random: realRandom })
  await writeFile(path.join(folder, 'kubeconfig'), kube.kubeconfig)
  const connection = await connectionFromKubeconfig(path.join(folder, 'kubeconfig'), { allowExec: false })
  const cluster = createClusterClient({ connection, clock: realClock, random: realRandom })
  const writes: string[] = []
  const counted: Cluster = {
    ...cluster,
    request(request) {
      onRequest?.(request)
      if (request.method !== 'GET' && request.query?.['dryRun'] === undefined) {
        writes.push(`${request.method} ${request.path}`)
      }
      return cluster.request(request)
    },
  }
  const desired = new MemoryDesired()
  const rest = { clock: realClock, random: realRandom, log: silentLog(), policy: createPolicy() }
  const engine = createSyncEngine({ cluster: counted, desired, reports: desired, ...rest })
  engine.start()
  return {
    desired,
    cluster,
    writes,
    async get(at) {
      try {
        return JSON.parse((await cluster.request({ method: 'GET', path: at })).text) as KubeObject
      } catch {
        return undefined
      }
    },
    async [Symbol.asyncDispose]() {
      await engine.stop()
      await cluster.close()
      await kube.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** Settings of an application `a` that syncs itself into the namespace `t`. */
export const automatedSettings: SyncSettings = {
  instance: 'a',
  project: 'default',
  destination: { server: 'https://kubernetes.default.svc', namespace: 't' },
  sources: [{ repoURL: 'https://example.com/repo', path: 'app' }],
  multiSource: false,
  sourceTypes: ['Directory'],
  syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
  annotations: {},
  trackingMethod: 'annotation',
  instanceLabelKey: 'app.kubernetes.io/instance',
  argocdCm: {},
  projectSpec: {
    clusterResourceWhitelist: [{ group: '*', kind: '*' }],
    destinations: [{ server: '*', namespace: '*' }],
  },
}

/** A ConfigMap as Git has it. */
export function configMap(name: string, annotations: Record<string, string> = {}, value = 'value'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data: { key: value } }
}
